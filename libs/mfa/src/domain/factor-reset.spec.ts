import { beforeEach, describe, expect, it } from '@jest/globals';

import { OwnFactorsReset, SecondAdminRequired } from './errors.js';
import { FactorReset } from './factor-reset.js';

const [USER, ONE, OTHER] = ['user', 'one', 'other'];
const NOW = new Date('2026-03-01T09:00:00.000Z');
const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

const inSession = (userId: string) => ({ userId, sessionId: `session of ${userId}` });

describe('The reset of factors', () => {
  let reset: FactorReset;

  beforeEach(() => {
    reset = FactorReset.request('reset', USER, inSession(ONE), NOW);
  });

  it('is due once another administrator agreed and the delay is over, not before', () => {
    expect(reset.isDue(later(1_000))).toBe(false);
    reset.approve(inSession(OTHER), 24, later(1));

    expect([24, 25, 26].map((hours) => reset.isDue(later(hours)))).toEqual([false, true, true]);
    reset.finish(later(25));
    expect(reset.isDue(later(26))).toBe(false);
    expect(reset.pullEvents().map(({ type }) => type)).toEqual([
      'mfa.reset_requested',
      'mfa.reset_approved',
      'mfa.reset_by_admin',
    ]);
  });

  it('is nothing that one can agree to oneself, or have done to oneself', () => {
    expect(() => reset.approve(inSession(ONE), 24, NOW)).toThrow(SecondAdminRequired);
    expect(() => reset.approve(inSession(USER), 24, NOW)).toThrow(OwnFactorsReset);
    expect(() => FactorReset.request('reset', USER, inSession(USER), NOW)).toThrow(OwnFactorsReset);
    expect(reset.state.approvedBy).toBeNull();
  });

  it('lapses after three days without agreement, and never with it', () => {
    expect([72, 72.1].map((hours) => reset.hasLapsed(later(hours)))).toEqual([false, true]);
    reset.approve(inSession(OTHER), 24, later(1));

    expect(reset.hasLapsed(later(1_000))).toBe(false);
  });

  it('is over when it is stopped', () => {
    reset.approve(inSession(OTHER), 0, NOW);
    reset.pullEvents();
    reset.stop('owner', NOW, { userId: USER, sessionId: 'session' });

    expect(reset.pullEvents()).toMatchObject([
      { data: { by: 'owner', session: { userId: USER, sessionId: 'session' } } },
    ]);
    expect(reset.isDue(later(1))).toBe(false);
    expect(reset.state).toMatchObject({ outcome: 'stopped', endedAt: NOW });
  });
});
