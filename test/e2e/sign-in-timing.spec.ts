import * as argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('A sign-in that fails', () => {
  let floored: TestApp;

  beforeAll(async () => {
    floored = await startTestApp({ SIGN_IN_TIME_FLOOR_MS: '500' });
  });
  afterAll(() => floored.close());

  it('takes as long for an unknown address as for a wrong password, and for one whose hash costs more', async () => {
    const known = await floored.api.verifiedUser();
    const old = await floored.api.verifiedUser();
    const costly = await argon2.hash('another password', { memoryCost: 19_456, timeCost: 4, parallelism: 1 });
    await floored.sql.query('UPDATE user_service.users SET password_hash = $1 WHERE id = $2', [
      costly,
      (await floored.sql.query('SELECT id FROM user_service.users ORDER BY id DESC LIMIT 1'))[0]?.['id'],
    ]);
    const times: Record<string, number[]> = { unknown: [], known: [], old: [] };
    const measure = async (kind: string, email: string): Promise<void> => {
      const started = performance.now();
      expect((await floored.api.login(email, 'this is not the password')).status).toBe(401);
      times[kind]?.push(performance.now() - started);
    };

    for (let n = 0; n < 5; n += 1) {
      await measure('unknown', freshEmail());
      await measure('known', known);
      await measure('old', old);
    }

    const medians = Object.values(times).map((values) => values.sort((a, b) => a - b)[2] ?? 0);
    expect(Math.min(...medians)).toBeGreaterThanOrEqual(499);
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.15);
  });

  it('is held back, one that succeeds is not', async () => {
    const email = await floored.api.verifiedUser();
    const took: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const started = performance.now();
      expect((await floored.api.login(email)).status).toBe(200);
      took.push(performance.now() - started);
    }

    expect(Math.min(...took)).toBeLessThan(499);
  });
});
