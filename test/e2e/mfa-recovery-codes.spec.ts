import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { challenge, enrolledUser, eventsOf, MFA, verify, PATIENT } from '../support/mfa.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CODES = `${MFA}/recovery-codes`;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());

const status = async ({ accessToken: token }: SignedIn): Promise<unknown> => (await app.api.get(MFA, { token })).body;

describe('MF-07 Recovery codes', () => {
  it('open a session once, in whatever way they are typed, and their owner is told', async () => {
    const user = await enrolledUser(app);
    const code = user.recoveryCodes[3]!;
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ')}`;
    const answer = await verify(app, await challenge(app, user.email), typed, 'recovery_code');
    expect(answer.status).toBe(200);

    const again = await verify(app, await challenge(app, user.email), code, 'recovery_code');
    expectProblem(again, 401, 'mfa_invalid');
    expect(await status(user)).toMatchObject({ recoveryCodesLeft: 9 });
    expect(await eventsOf(app, 'mfa.recovery_code_used', user)).toMatchObject([{ details: { left: 9 } }]);
    const mails = await waitFor(async () => {
      const found = (await app.mails(user.email)).filter(({ subject }) => /recovery code|복구 코드/.test(subject));
      return found.length > 0 ? found : undefined;
    });
    expect(mails[0]!.text).toMatch(/\b9\b/);
    expect(mails[0]!.text).not.toContain(code);
  });

  it('open one session when twenty come at once', async () => {
    const user = await enrolledUser(app);
    const tokens: string[] = [];
    for (let n = 0; n < 20; n += 1) tokens.push(await challenge(app, user.email));
    const answers = await Promise.all(
      tokens.map((token) => verify(app, token, user.recoveryCodes[0]!, 'recovery_code')),
    );

    expect(answers.filter(({ status: code }) => code === 200)).toHaveLength(1);
    // 503: a machine that is busy with other things.
    for (const { status: code } of answers) expect([200, 401, 429, 503]).toContain(code);
    expect(await status(user)).toMatchObject({ recoveryCodesLeft: 9 });
    expect(await eventsOf(app, 'session.login_succeeded', user)).toHaveLength(2);
  });

  it('MF-09 are void once there are new ones, of which their owner is told', async () => {
    const user = await enrolledUser(app);
    const answer = await app.api.call('POST', CODES, { token: user.accessToken });
    expect(answer.status).toBe(200);
    const fresh = answer.body['recoveryCodes'] as string[];

    expect(fresh.filter((code) => user.recoveryCodes.includes(code))).toEqual([]);
    const old = await verify(app, await challenge(app, user.email), user.recoveryCodes[0]!, 'recovery_code');
    expectProblem(old, 401, 'mfa_invalid');
    expect((await verify(app, await challenge(app, user.email), fresh[0]!, 'recovery_code')).status).toBe(200);
    expect(await eventsOf(app, 'mfa.recovery_codes_regenerated', user)).toHaveLength(1);
    await app.mailsSent();
    const renewed = (await app.mails(user.email)).filter(({ subject }) =>
      /new recovery codes|복구 코드가 새로/i.test(subject),
    );
    expect(renewed).toHaveLength(1);
    expect(renewed[0]!.raw).not.toContain(fresh[0]);
  });

  it('are stored as hashes that are slow to guess', async () => {
    const user = await enrolledUser(app);
    const rows = await app.sql.query<{ code_hash: string; row: string }>(
      'SELECT code_hash, c::text AS row FROM user_service.recovery_codes c WHERE user_id = $1',
      [user.userId],
    );

    expect(rows).toHaveLength(10);
    for (const { code_hash: hash } of rows) expect(hash).toMatch(/^\$argon2id\$/);
    for (const code of user.recoveryCodes) {
      expect(rows.map(({ row }) => row).join()).not.toContain(code.replaceAll('-', '').slice(1));
    }
  });

  it('are not made for somebody who has no factor that they could stand in for', async () => {
    const { accessToken } = await app.api.signedInUser();

    expectProblem(await app.api.call('POST', CODES, { token: accessToken }), 409, 'mfa_not_enabled');
  });
});
