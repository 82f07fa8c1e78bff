import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD } from '../support/api-client.js';
import { expectInvalid, expectMembers, UUID_V7 } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

describe('ID-02 Privileged and unknown properties cannot be set', () => {
  const privileged = {
    id: '00000000-0000-7000-8000-000000000000',
    role: 'admin',
    roles: ['admin'],
    emailVerified: true,
    emailVerifiedAt: '2026-01-01T00:00:00Z',
    passwordHash: 'x',
    createdAt: '2000-01-01T00:00:00Z',
    mfaEnabled: true,
    status: 'active',
    securityEpoch: 9,
    version: 9,
    phone: '+821012345678',
  };

  it.each(Object.entries(privileged))('registration refuses %s', async (name, value) => {
    expectInvalid(await app.api.register(freshEmail(), { [name]: value }), `/${name}`);
  });

  it('the profile refuses them too, and nothing changes', async () => {
    const { accessToken } = await app.api.signedInUser();
    const before = (await app.api.me(accessToken)).body;
    const { phone: _changeable, ...fixed } = privileged;

    for (const [name, value] of Object.entries({ ...fixed, email: 'other@example.com' })) {
      expectInvalid(await app.api.patchMe(accessToken, { displayName: 'Changed', [name]: value }), `/${name}`);
    }

    expect((await app.api.me(accessToken)).body).toEqual(before);
  });
});

describe('ID-03 Prototype properties do nothing', () => {
  const poisons = [
    '{"__proto__":{"polluted":true},%}',
    '{"constructor":{"prototype":{"polluted":true}},%}',
    '{"consents":[{"purpose":"a","version":"1","granted":true,"__proto__":{"polluted":true}}],%}',
    '{"consents":[{"purpose":"a","version":"1","granted":true,"constructor":{"prototype":{"polluted":true}}}],%}',
    '{"consents":[{"purpose":{"__proto__":{"polluted":true}},"version":"1","granted":true}],%}',
  ];

  it.each(poisons)('%s', async (text) => {
    const body = text.replace('%', `"email":"${freshEmail()}","password":"${PASSWORD}"`);

    const answer = await app.api.post('/api/v1/auth/register', body);

    expect(answer.status).toBe(400);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const next = await app.api.register(freshEmail());
    expect(next.body).toEqual({ status: 'verification_pending' });
    expectMembers(next.body, ['status']);
  });
});

describe('ID-11 Ids are UUIDv7', () => {
  it('of every user and session', async () => {
    const { userId, sessionId } = await app.api.signedInUser();

    expect(userId).toMatch(UUID_V7);
    expect(sessionId).toMatch(UUID_V7);
    const others = await app.sql.query<{ id: string }>(
      'SELECT id FROM user_service.users UNION SELECT id FROM user_service.sessions UNION SELECT id FROM user_service.outbox',
    );
    expect(others.length).toBeGreaterThan(10);
    for (const { id } of others) expect(id).toMatch(UUID_V7);
  });
});
