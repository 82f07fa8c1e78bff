import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { UnitOfWork } from '#kernel';
import { BlindIndex } from '#platform/crypto';

import { SignInAttempts, type AddressAttempt } from '../../libs/identity/src/application/sign-in-attempts.js';
import { SettleAttempt } from '../../libs/identity/src/application/settle-attempt.js';
import type { Answer } from '../support/api-client.js';
import { freshEmail } from '../support/api-client.js';
import { BEHIND_THE_TEST, freshSource, Guesses, statuses } from '../support/guesses.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(BEHIND_THE_TEST);
});
afterAll(() => app.close());

const attemptAt = (name: string): AddressAttempt => ({ name, email: null, source: freshSource(), deviceToken: null });

/** How far failures have moved the time of the whole service. */
async function movedTo(): Promise<number> {
  const [row] = await app.sql.query<{ expires_at: Date }>(
    'SELECT expires_at FROM user_service.sign_in_attempts WHERE key = $1',
    [app.app.get(BlindIndex).of('sign-in of all')],
  );
  return row?.expires_at.getTime() ?? 0;
}

describe('LG-05 What all failures are counted on', () => {
  it('is held by none of them for as long as its transaction lasts', async () => {
    const attempts = app.app.get(SignInAttempts, { strict: false });
    const settle = app.app.get(SettleAttempt, { strict: false });
    const uow = app.app.get(UnitOfWork, { strict: false });
    const [one, other] = [await reserved(freshEmail()), await reserved(freshEmail())];
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });

    const slow = uow.run(async () => {
      await attempts.failed(one.ticket, new Date());
      await held;
    });
    const before = await movedTo();
    await settle.failed(other);
    // Where it had waited in vain for the lock of the other one, it would have been counted on its source alone.
    expect(await movedTo()).toBeGreaterThan(before);
    end();
    await slow;

    async function reserved(name: string) {
      const answer = await attempts.reserve(attemptAt(name), new Date());
      if (answer.outcome !== 'reserved') throw new Error('It was not admitted');
      return answer;
    }
  });

  it('comes last for each, so that none stops another: addresses, sessions and sources at once', async () => {
    const emails = await Promise.all(Array.from({ length: 4 }, () => app.api.verifiedUser()));
    const sources = Array.from({ length: 3 }, () => freshSource());
    const sessions = await Promise.all(emails.map((email) => app.api.signIn(email)));
    const other = await startTestApp({}, app);
    try {
      const inSession = (n: number): Promise<Answer> => {
        const { api } = n % 2 === 0 ? app : other;
        const token = sessions[n % sessions.length]!.accessToken;
        const headers = { 'x-forwarded-for': sources[n % sources.length]! };
        return api.post('/api/v1/auth/reauthenticate', { password: `wrong ${String(n)}` }, { token, headers });
      };
      const answers = await Promise.all(
        Array.from({ length: 72 }, (_each, n) =>
          n % 3 === 0
            ? inSession(n / 3)
            : new Guesses(n % 2 === 0 ? app : other).wrong(emails[n % emails.length]!, sources[n % sources.length]!),
        ),
      );

      expect(Object.keys(statuses(answers)).sort()).toEqual(['401', '429']);
      expect(`${app.logText()}${other.logText()}`).not.toMatch(/40P01|55P03/);
      // 5 of each of the 12 pairs of address and source at most, as those in sessions count there as well.
      expect(statuses(answers)[401]).toBeLessThanOrEqual(4 * 3 * 5 + 4 * 5);
    } finally {
      await other.close();
    }
  });
});
