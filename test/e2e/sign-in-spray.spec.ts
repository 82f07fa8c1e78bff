import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BlindIndex } from '#platform/crypto';

import { freshEmail, PASSWORD, type Answer } from '../support/api-client.js';
import { BEHIND_THE_TEST, expectThrottled, freshSource, Guesses, statuses } from '../support/guesses.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SPRAYED = 'the password of the season 1';

let app: TestApp;
let people: Guesses;

beforeAll(async () => {
  app = await startTestApp({
    ...BEHIND_THE_TEST,
    SIGN_IN_FAILURES_OF_SOURCE: '100',
    SIGN_IN_FAILURES_PER_MINUTE: '10000',
  });
  people = new Guesses(app);
});
afterAll(() => app.close());

async function spray(addresses: readonly string[], source: string, atOnce = 20): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < addresses.length; n += atOnce) {
    const wave = addresses.slice(n, n + atOnce);
    answers.push(...(await Promise.all(wave.map((email) => people.signIn(email, SPRAYED, source)))));
  }
  return answers;
}

describe('LG-05 One password at 500 users, from one source', () => {
  const source = freshSource();

  it('is throttled after a hundred, and shows on /metrics and in the log', async () => {
    const sprays = await people.metric('sign_in_sprays_total{scope="source"}');
    const owner = await app.api.verifiedUser();
    const device = await people.known(owner, source);

    const counts = statuses(
      await spray(
        Array.from({ length: 500 }, () => freshEmail()),
        source,
      ),
    );

    // Those at work when the limit was reached are looked at as well.
    expect(counts[401]).toBeGreaterThanOrEqual(100);
    expect(counts[401]).toBeLessThanOrEqual(120 + 10);
    expect((counts[401] ?? 0) + (counts[429] ?? 0)).toBe(500);
    expect(await people.metric('sign_in_sprays_total{scope="source"}')).toBe(sprays + 1);
    expect(await people.metric('sign_in_throttled_total{by="source"}')).toBe(counts[429]);
    expect(app.logs().filter(({ event }) => event === 'excess_rate_limit_exceeded')).toHaveLength(1);

    // Where all this took longer than nine seconds, one more may be looked at.
    await people.wrong(freshEmail(), source);
    // Whoever has nothing to do with it gets in: elsewhere, and on a known device there as well.
    expectThrottled(await people.signIn(owner, PASSWORD, source));
    expect((await people.signIn(owner, PASSWORD, freshSource())).status).toBe(200);
    expect((await people.signIn(owner, PASSWORD, source, device)).status).toBe(200);
  });

  it('goes on as slowly as the limit says', async () => {
    await people.pass(2);

    const counts = statuses(
      await spray(
        Array.from({ length: 60 }, () => freshEmail()),
        source,
        5,
      ),
    );

    // A hundred in fifteen minutes are thirteen in two.
    expect(counts[401]).toBeGreaterThanOrEqual(5);
    expect(counts[401]).toBeLessThanOrEqual(25);
  });

  it('is not helped by a success with an account of one’s own in between', async () => {
    const own = await app.api.verifiedUser();
    const elsewhere = freshSource();
    let evaluated = 0;
    for (let n = 0; n < 12; n += 1) {
      const counts = statuses(
        await spray(
          Array.from({ length: 10 }, () => freshEmail()),
          elsewhere,
          10,
        ),
      );
      evaluated += counts[401] ?? 0;
      await people.signIn(own, PASSWORD, elsewhere);
    }

    expect(evaluated).toBeGreaterThanOrEqual(100);
    expect(evaluated).toBeLessThanOrEqual(112);
  });
});

describe('LG-05 Failures from everywhere at once', () => {
  it('leave every source a single one for a while, and clean sources alone', async () => {
    const alarmed = await startTestApp({ SIGN_IN_FAILURES_PER_MINUTE: '30' }, app);
    try {
      const others = new Guesses(alarmed);
      const user = await app.api.verifiedUser();
      const before = await others.metric('sign_in_sprays_total{scope="everywhere"}');
      for (let n = 0; n < 35; n += 1) await others.wrong(freshEmail(), freshSource());
      expect(await others.metric('sign_in_sprays_total{scope="everywhere"}')).toBeGreaterThan(before);

      const source = freshSource();
      await others.fail(1, freshEmail(), source);
      expectThrottled(await others.wrong(freshEmail(), source), 1_800);
      expect((await others.signIn(user, PASSWORD, freshSource())).status).toBe(200);
    } finally {
      await alarmed.close();
    }
  });
});

describe('LG-05 LG-11 A failure while others hold the counters that all failures share', () => {
  const told = async (): Promise<number> => {
    const failures = `SELECT 1 FROM user_service.outbox WHERE payload->>'type' = 'session.login_failed'`;
    return (await app.sql.query(failures)).length;
  };

  it('is answered and told all the same, and counts at its source if that one is free', async () => {
    const hasty = await startTestApp({ SIGN_IN_FAILURES_OF_SOURCE: '2', DATABASE_LOCK_TIMEOUT_MS: '50' }, app);
    const others = new Guesses(hasty);
    const [source, another] = [freshSource(), freshSource()];
    // Without what the tests before have brought about everywhere.
    await people.pass(60);
    try {
      await others.fail(1, freshEmail(), another);
      const before = await told();
      await app.sql.query('BEGIN');
      await app.sql.query('SELECT 1 FROM user_service.sign_in_attempts WHERE key = $1 FOR UPDATE', [
        app.app.get(BlindIndex).of('sign-in of all'),
      ]);
      await others.fail(2, freshEmail(), source);
      expectThrottled(await others.wrong(freshEmail(), source));
      expect(await others.metric('sign_in_failures_uncounted_total')).toBe(0);

      await app.sql.query('SELECT 1 FROM user_service.sign_in_attempts FOR UPDATE');
      await others.fail(2, freshEmail(), another);
      expect(await others.metric('sign_in_failures_uncounted_total')).toBe(2);
      expect(await told()).toBe(before + 4);
    } finally {
      await app.sql.query('ROLLBACK');
      await hasty.close();
    }
  });
});
