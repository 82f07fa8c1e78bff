import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type Answer } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SAMPLES = 15;

/** Milliseconds in the middle of interleaved samples, one for each call. */
async function medians(calls: Readonly<Record<string, () => Promise<Answer>>>, status: number): Promise<number[]> {
  const times = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
  for (let n = -2; n < SAMPLES; n += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const started = performance.now();
      const answer = await call();
      const took = performance.now() - started;
      expect(answer.status).toBe(status);
      if (n >= 0) times.get(name)!.push(took);
    }
  }
  return [...times.values()].map((list) => list.sort((a, b) => a - b)[Math.floor(SAMPLES / 2)]!);
}

describe('The time of an answer does not tell whether an address is taken', () => {
  let app: TestApp;
  let taken: string;
  let pending: string;

  beforeAll(async () => {
    // With the floor that the service has by default.
    app = await startTestApp({ REGISTRATION_TIME_FLOOR_MS: '150' });
    [taken, pending] = [await app.api.verifiedUser(), freshEmail()];
    await app.api.register(pending);
  });

  afterAll(async () => {
    await app.close();
  });

  it('at registration: free, waiting and taken addresses are within 15 % of one another', async () => {
    let tries = 0;
    const times = await medians(
      {
        free: () => app.api.register(freshEmail()),
        // Three of these are mailed, the others are over the bound; each comes with another password.
        waiting: () => app.api.register(pending, { password: `another good one ${(tries += 1)}` }),
        taken: () => app.api.register(taken),
      },
      202,
    );

    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.15);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(149);
  });

  it('at resending: unknown, waiting and proven addresses are, too', async () => {
    const times = await medians(
      {
        unknown: () => app.api.resend(freshEmail()),
        waiting: () => app.api.resend(pending),
        proven: () => app.api.resend(taken),
      },
      202,
    );

    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.15);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(149);
  });
});

describe('A full queue of hashes', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ PASSWORD_HASH_CONCURRENCY: '1', PASSWORD_HASH_QUEUE: '1' });
  });

  afterAll(async () => {
    await app.close();
  });

  it('refuses before any work is done, says when to come back, and in whose language', async () => {
    const addresses = Array.from({ length: 12 }, () => freshEmail());
    const korean = { headers: { 'accept-language': 'ko' } };

    const answers = await Promise.all(addresses.map((email, n) => app.api.register(email, {}, n % 2 ? korean : {})));

    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectProblem(answer, 503, 'overloaded');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    const [row] = await app.sql.query<{ n: number }>('SELECT count(*)::integer AS n FROM user_service.users');
    expect(row!.n).toBe(answers.length - refused.length);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]));
  });

  it('is no answer that a repeated key would repeat', async () => {
    const attempts = Array.from({ length: 12 }, () => ({ email: freshEmail(), key: freshEmail('key') }));
    const send = ({ email, key }: (typeof attempts)[number]): Promise<Answer> =>
      app.api.register(email, {}, { headers: { 'idempotency-key': key } });
    const answers = await Promise.all(attempts.map(send));
    const refused = attempts[answers.findIndex(({ status }) => status === 503)]!;

    const again = await send(refused);

    expect({ status: again.status, replayed: again.headers.get('idempotency-replayed') }).toEqual({
      status: 202,
      replayed: null,
    });
  });
});
