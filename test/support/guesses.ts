import { expect } from '@jest/globals';

import { PASSWORD, type Answer } from './api-client.js';
import { expectProblem } from './expectations.js';
import type { TestApp } from './test-app.js';

/** The setting under which a test is the proxy that says where clients are. */
export const BEHIND_THE_TEST = { TRUSTED_PROXIES: '127.0.0.1' };

let guesses = 0;
let sources = 0;

/** A place that nobody else signs in from. */
export function freshSource(): string {
  sources += 1;
  return `10.${Math.floor(sources / 65_536)}.${Math.floor(sources / 256) % 256}.${sources % 256}`;
}

export function expectThrottled(answer: Answer, atMost = 900): void {
  expectProblem(answer, 429, 'login_throttled');
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(atMost);
}

/** How many answers had which status. */
export const statuses = (answers: readonly Answer[]): Record<number, number> =>
  answers.reduce<Record<number, number>>((all, { status }) => ({ ...all, [status]: (all[status] ?? 0) + 1 }), {});

/** People who sign in from places that the test chooses; the app is started with {@link BEHIND_THE_TEST}. */
export class Guesses {
  constructor(private readonly app: TestApp) {}

  signIn(email: string, password: string, source: string, deviceToken?: string): Promise<Answer> {
    const headers = { 'x-forwarded-for': source, ...(deviceToken !== undefined && { 'x-device-token': deviceToken }) };
    return this.app.api.login(email, password, {}, { headers });
  }

  wrong(email: string, source: string, deviceToken?: string): Promise<Answer> {
    return this.signIn(email, `wrong password number ${(guesses += 1)}`, source, deviceToken);
  }

  async fail(times: number, email: string, source: string): Promise<void> {
    for (let n = 0; n < times; n += 1) expectProblem(await this.wrong(email, source), 401, 'invalid_credentials');
  }

  /** Signs in with the right password; what the device is known by from then on. */
  async known(email: string, source: string): Promise<string> {
    const token = (await this.signIn(email, PASSWORD, source)).headers.get('x-device-token');
    if (token === null) throw new Error('A sign-in answered no device token');
    return token;
  }

  async idOf(email: string): Promise<string> {
    return (await this.app.api.signIn(email)).userId;
  }

  /** Type and reason of everything that was told about somebody, in order. */
  eventsOf(userId: string): Promise<{ type: string; reason: string | null }[]> {
    return this.app.sql.query(
      `SELECT payload->>'type' AS type, payload->'data'->>'reason' AS reason FROM user_service.outbox
        WHERE topic = 'audit' AND payload->>'subject' = $1 ORDER BY id`,
      [`user/${userId}`],
    );
  }

  /** As if that much time had gone by since everything so far. */
  async pass(minutes: number): Promise<void> {
    const earlier = (column: string): string => `${column} = ${column} - make_interval(mins => $1::integer)`;
    const counters = `UPDATE user_service.sign_in_attempts SET ${earlier('counted_at')}, ${earlier('expires_at')}`;
    await this.app.sql.query(counters, [minutes]);
    await this.app.sql.query(`UPDATE user_service.users SET ${earlier('password_changed_at')}`, [minutes]);
  }

  async metric(name: string): Promise<number> {
    const { text } = await this.app.api.get('/metrics');
    const line = text.split('\n').find((each) => each.startsWith(name));
    return Number(line?.split(' ').at(-1));
  }
}
