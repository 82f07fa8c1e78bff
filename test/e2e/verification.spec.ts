import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const KOREAN = { headers: { 'accept-language': 'ko' } };

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

/** A registered address and the token that was mailed to it. */
async function registered(): Promise<{ email: string; token: string }> {
  const email = freshEmail();
  await app.api.register(email);
  return { email, token: (await app.mail(email)).token };
}

describe('ID-09 Nobody signs in before the address is proven', () => {
  it('the right password alone learns that the address is unverified', async () => {
    const { email, token } = await registered();

    expectProblem(await app.api.login(email), 403, 'email_unverified');
    expectProblem(await app.api.login(email, undefined, {}, KOREAN), 403, 'email_unverified');
    expectProblem(await app.api.login(email, 'not the right one at all'), 401, 'invalid_credentials');

    const verified = await app.api.verify(token);
    expect({ status: verified.status, text: verified.text }).toEqual({ status: 204, text: '' });
    expect((await app.api.login(email)).status).toBe(200);
  });

  it('of several registrations that wait, the first one’s password alone learns it, and the others change nothing', async () => {
    const { email } = await registered();
    await app.api.register(email, { password: 'somebody else tries this' });

    expectProblem(await app.api.login(email, 'somebody else tries this'), 401, 'invalid_credentials');
    expectProblem(await app.api.login(email), 403, 'email_unverified');
  });

  it('the mailed token has 256 random bits, and its hash alone is stored', async () => {
    const { token } = await registered();

    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const [stored] = await app.sql.query<{ hash: Buffer; lifetime: string }>(
      `SELECT hash, (expires_at - created_at)::text AS lifetime FROM user_service.one_time_tokens
        ORDER BY created_at DESC LIMIT 1`,
    );
    expect(stored?.hash).toEqual(createHash('sha256').update(token).digest());
    expect(stored?.lifetime).toBe('1 day');
  });

  it('a token works once', async () => {
    const { token } = await registered();
    await app.api.verify(token);

    expectProblem(await app.api.verify(token), 400, 'token_invalid');
    expectProblem(await app.api.verify(token, KOREAN), 400, 'token_invalid');
  });

  it('of parallel uses of one token, one succeeds', async () => {
    const { email, token } = await registered();

    const answers = await Promise.all(Array.from({ length: 10 }, () => app.api.verify(token)));

    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(400)]);
    expect((await app.api.login(email)).status).toBe(200);
    const events = await app.sql.query(
      `SELECT 1 FROM user_service.outbox o JOIN user_service.one_time_tokens t
          ON o.payload ->> 'subject' = 'user/' || t.user_id
        WHERE t.hash = $1 AND o.payload ->> 'type' = 'identity.email_verified'`,
      [createHash('sha256').update(token).digest()],
    );
    expect(events).toHaveLength(1);
  });

  it('an expired token is refused, and so is an unknown or cut one', async () => {
    const { email, token } = await registered();
    const hash = createHash('sha256').update(token).digest();
    await app.sql.query(`UPDATE user_service.one_time_tokens SET expires_at = now() WHERE hash = $1`, [hash]);

    for (const wrong of [token, token.slice(1), `${token}=`, token.toUpperCase(), 'x', '']) {
      expectProblem(await app.api.verify(wrong), 400, 'token_invalid');
    }
    expectProblem(await app.api.login(email), 403, 'email_unverified');
  });

  it('every token of the same registration stays good until one was used', async () => {
    const { email, token: first } = await registered();
    await app.api.resend(email);
    const { token: second } = await app.mail(email, 2);

    expect((await app.api.verify(first)).status).toBe(204);
    expectProblem(await app.api.verify(second), 400, 'token_invalid');
    expect((await app.api.login(email)).body['user']).toMatchObject({ email });
  });
});

describe('A verified address stays verified', () => {
  it('when its owner is mistaken for a new one', async () => {
    const { email, token } = await registered();
    await app.api.verify(token);

    await app.api.register(email, { password: 'somebody else tries this' });

    expect((await app.api.login(email)).status).toBe(200);
    expectProblem(await app.api.login(email, 'somebody else tries this'), 401, 'invalid_credentials');
  });
});
