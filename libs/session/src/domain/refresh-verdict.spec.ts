import { describe, expect, it } from '@jest/globals';

import { after, aPresentedToken, NOW } from '../../testing/builders.js';
import type { EndReason } from './events.js';
import { judgeRefresh, type PresentedToken, type RefreshVerdict } from './refresh-verdict.js';

const judge = (token: PresentedToken, now = NOW, refreshGraceSeconds = 10): RefreshVerdict =>
  judgeRefresh(token, { idleTimeoutMinutes: 30, refreshGraceSeconds }, now, null);
const spent = (changes: Parameters<typeof aPresentedToken>[0] = {}): PresentedToken =>
  aPresentedToken({ usedAt: NOW, nonce: 'nonce', ...changes });

describe('A refresh token that nobody has used', () => {
  it('is due for its successor', () => {
    expect(judge(aPresentedToken())).toBe('rotate');
  });

  it('SE-06 has expired at its end, to the millisecond', () => {
    const session = { rememberMe: true };

    expect(judge(aPresentedToken({ session }), after({ days: 30, milliseconds: -1 }))).toBe('rotate');
    expect(judge(aPresentedToken({ session }), after({ days: 30 }))).toBe('expired');
  });

  it('SE-06 has expired at the end of its session, whatever it says itself', () => {
    const token = aPresentedToken({ session: { expiresAt: after({ days: 1 }) } });

    expect(judge(token, after({ days: 1 }))).toBe('expired');
  });

  it('SE-07 is idle once its session has rested too long, to the millisecond', () => {
    expect(judge(aPresentedToken(), after({ minutes: 31, milliseconds: -1 }))).toBe('rotate');
    expect(judge(aPresentedToken(), after({ minutes: 31 }))).toBe('idle');
  });

  it('SE-07 is never idle where the session is to be remembered', () => {
    expect(judge(aPresentedToken({ session: { rememberMe: true } }), after({ days: 29 }))).toBe('rotate');
  });

  it('is of no use once the account has changed', () => {
    expect(judge(aPresentedToken({ account: { current: false } }))).toBe('account_changed');
  });
});

describe('A refresh token that was used', () => {
  it.each([10, 30])('SE-05 gets its successor again within %i s, and is reused at that instant', (grace) => {
    expect(judge(spent(), NOW, grace)).toBe('repeat');
    expect(judge(spent(), after({ seconds: grace, milliseconds: -1 }), grace)).toBe('repeat');
    expect(judge(spent(), after({ seconds: grace }), grace)).toBe('reused');
    expect(judge(spent(), after({ minutes: 10 }), grace)).toBe('reused');
  });

  it('SE-05 is reused at once where there is no grace', () => {
    expect(judge(spent(), NOW, 0)).toBe('reused');
  });

  it('SE-05 is not reused by a clock that is behind the one which spent it', () => {
    expect(judge(spent(), after({ seconds: -2 }))).toBe('repeat');
    expect(judge(spent(), after({ seconds: -2 }), 0)).toBe('reused');
  });

  it('SE-05 gets its successor after an outage of any length, for as long again as the grace', () => {
    const later = after({ minutes: 20 });
    expect(judge(spent({ backForMs: 0 }), later)).toBe('repeat');
    expect(judge(spent({ backForMs: 9_999 }), later)).toBe('repeat');
    expect(judge(spent({ backForMs: 10_000 }), later)).toBe('reused');
    expect(judge(spent({ backForMs: 0, successorUsed: true }), later)).toBe('reused');
    expect(judge(spent({ backForMs: 0 }), later, 0)).toBe('reused');
  });

  it('SE-03 is reused once its successor was used, however soon', () => {
    expect(judge(spent({ successorUsed: true }))).toBe('reused');
  });

  it('is reused when nothing says what its successor was', () => {
    expect(judge(spent({ nonce: null }))).toBe('reused');
  });

  it('is no theft once it has expired, its session has rested or its account has changed', () => {
    expect(judge(spent({ successorUsed: true }), after({ days: 30 }))).toBe('expired');
    expect(judge(spent({ successorUsed: true }), after({ minutes: 31 }))).toBe('idle');
    expect(judge(spent({ successorUsed: true, account: { current: false } }))).toBe('account_changed');
  });
});

describe('A refresh token of a session that has ended', () => {
  const reasons: EndReason[] = [
    'logout',
    'evicted',
    'refresh_reuse',
    'account_changed',
    'password_changed',
    'operator',
  ];

  it.each(reasons)('%s is dead, used or not', (revokeReason) => {
    const session = { revokeReason };

    expect(judge(aPresentedToken({ session }))).toBe('session_ended');
    expect(judge(spent({ session, successorUsed: true }))).toBe('session_ended');
    expect(judge(aPresentedToken({ session }), after({ days: 31 }))).toBe('session_ended');
  });

  it('SE-07 says so where it ended for its rest', () => {
    expect(judge(aPresentedToken({ session: { revokeReason: 'idle' } }))).toBe('ended_idle');
    expect(judge(spent({ session: { revokeReason: 'idle' } }), after({ days: 31 }))).toBe('ended_idle');
  });
});
