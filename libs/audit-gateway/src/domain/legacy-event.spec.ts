import { describe, expect, it } from '@jest/globals';

import { legacyEventOf } from './legacy-event.js';

const of = (row: Record<string, unknown>) => legacyEventOf(row, 'key');

describe('A row of the audit table of the service before', () => {
  it.each([
    ['LOGIN_FAILED', 'legacy.login_failed'],
    ['user.passwordChanged', 'legacy.user_password_changed'],
    ['token refresh', 'legacy.token_refresh'],
    ['User kim.minji@example.com logged in from Seoul', 'legacy.event'],
    ['Kim changed the phone to 01012345678', 'legacy.event'],
    ['로그인', 'legacy.event'],
    ['', 'legacy.event'],
  ])('called %j is an event of the type %s', (action, type) => {
    expect(of({ action }).type).toBe(type);
  });

  it('tells numbers and words of a program, and nobody', () => {
    const { details } = of({
      count: 3,
      phone_number: 821012345678,
      contact: 1012345678,
      rrn: '900101-1234567',
      method: 'password',
      note: 'Kim said hello',
      ip: '203.0.113.9',
      peer: '198.51.100.4',
      peer6: '2001:db8::1',
      mail: 'kim.minji@example.com',
      nested: { ok: true, deeper: { deepest: { bottom: { hidden: 'x' } } }, list: ['a', 'b c', 1] },
      access_token: 'abc',
    });

    expect(details).toEqual({
      key: 'key',
      timeUnknown: true,
      members: {
        count: 3,
        method: 'password',
        peer: '198.51.100.0/24',
        mail: 'k***@example.com',
        nested: { ok: true, deeper: { deepest: {} }, list: ['a', 1] },
      },
      omitted: ['access_token', 'bottom', 'contact', 'note', 'peer6', 'phone_number', 'rrn'],
    });
  });

  it.each([
    [{ success: false }, 'failure', 'unspecified'],
    [{ success: false, failure_reason: 'wrong_password' }, 'failure', 'wrong_password'],
    [{ success: false, failure_reason: 'Kim mistyped' }, 'failure', 'unspecified'],
    [{ status: 'FORBIDDEN' }, 'denied', 'unspecified'],
    [{ outcome: 'ok' }, 'success', null],
    [{}, 'success', null],
  ])('%j has the outcome %s and the reason %s', (row, outcome, reason) => {
    expect(of(row)).toMatchObject({ outcome, reason });
  });

  it.each([
    ['2024-05-01 03:04:05.678', '2024-05-01T03:04:05.678Z'],
    ['2024-05-01T03:04:05+09:00', '2024-04-30T18:04:05.000Z'],
    ['2024-05-01 03:04:05+09', '2024-04-30T18:04:05.000Z'],
    [1_714_532_645, '2024-05-01T03:04:05.000Z'],
    ['never', '1970-01-01T00:00:00.000Z'],
  ])('of %j happened at %s', (timestamp, at) => {
    expect(of({ timestamp }).time.toISOString()).toBe(at);
  });

  it('names a user by a UUID, and by another id in its details only', () => {
    const user = '0B5E7C1A-4d2f-4a6b-8c3d-000000000001';

    expect(of({ user_id: user }).userId).toBe(user.toLowerCase());
    expect(of({ user_id: 42 })).toMatchObject({ userId: null, details: { user: '42' } });
    expect(of({ user_id: 'kim@example.com' }).details).not.toHaveProperty('user');
  });
});
