import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn, type SignedIn } from '../support/api-client.js';
import { expectProblem, expectTokens, expectUnauthorized } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import { auditTypes, endReason, unspentTokens } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const KOREAN = { headers: { 'accept-language': 'ko' } };

let app: TestApp;
let email: string;

beforeAll(async () => {
  app = await startTestApp();
  email = await app.api.verifiedUser({ displayName: 'Minji' });
});

afterAll(async () => {
  await app.close();
});

describe('SE-01 A refresh token is opaque and random', () => {
  it('usr_ and 256 bits, each its own', async () => {
    let { refreshToken } = await app.api.signIn(email);
    const seen = new Set([refreshToken]);
    for (let n = 0; n < 200; n += 1) {
      refreshToken = signedIn(await app.api.refresh(refreshToken)).refreshToken;
      seen.add(refreshToken);
    }

    expect(seen.size).toBe(201);
    for (const token of seen) {
      expect(token).toMatch(/^usr_[A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32);
    }
  });

  it('is stored as a hash only', async () => {
    const { refreshToken, sessionId } = await app.api.signIn(email);

    const rows = await app.sql.query<{ token_hash: Buffer; row: string }>(
      'SELECT token_hash, row_to_json(t)::text AS row FROM user_service.refresh_tokens t WHERE session_id = $1',
      [sessionId],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.token_hash).toEqual(createHash('sha256').update(refreshToken).digest());
    const raw = Buffer.from(refreshToken.slice(4), 'base64url').toString('hex');
    for (const form of [refreshToken, refreshToken.slice(4), raw]) expect(rows[0]?.row).not.toContain(form);
  });
});

describe('SE-02 Every refresh rotates', () => {
  it('answers the tokens of api.md; session and authentication stay as they were', async () => {
    const first = await app.api.signIn(email);
    const before = decodeJwt(first.accessToken).claims;

    const answer = await app.api.refresh(first.refreshToken);

    expectTokens(answer);
    const second = signedIn(answer);
    expect(second).toMatchObject({ sessionId: first.sessionId, userId: first.userId });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const after = decodeJwt(second.accessToken).claims;
    for (const same of ['iss', 'aud', 'sub', 'sid', 'auth_time', 'amr', 'acr', 'roles']) {
      expect(after[same]).toEqual(before[same]);
    }
    expect(after['jti']).not.toBe(before['jti']);
    expect((await app.api.me(second.accessToken)).status).toBe(200);
    expect((await app.api.me(first.accessToken)).status).toBe(200);
  });

  it('SE-03 LG-12 an older value ends the session, and no other one, and its owner is told', async () => {
    const told = async (): Promise<number> => {
      await app.mailsSent();
      return (await app.mails(email)).filter(({ subject }) => subject === 'A device was signed out for your safety')
        .length;
    };
    const before = await told();
    const first = await app.api.signIn(email);
    const other = await app.api.signIn(email);
    const second = signedIn(await app.api.refresh(first.refreshToken));
    const third = signedIn(await app.api.refresh(second.refreshToken));

    expectProblem(await app.api.refresh(first.refreshToken), 401, 'refresh_reused');

    for (const { refreshToken } of [third, second]) {
      expectProblem(await app.api.refresh(refreshToken), 401, 'refresh_invalid');
    }
    expectProblem(await app.api.refresh(first.refreshToken, KOREAN), 401, 'refresh_invalid');
    for (const { accessToken } of [first, second, third]) {
      expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
    }
    expect(await endReason(app, first.sessionId)).toBe('refresh_reuse');
    expect(await told()).toBe(before + 1);
    expect((await app.api.me(other.accessToken)).status).toBe(200);
    expectTokens(await app.api.refresh(other.refreshToken));
  });

  it('SE-04 20 parallel uses of one token get one successor, and the session lives on', async () => {
    const { sessionId, refreshToken } = await app.api.signIn(email);

    const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.refresh(refreshToken)));

    for (const answer of answers) expectTokens(answer);
    expect(new Set(answers.map((answer) => signedIn(answer).refreshToken)).size).toBe(1);
    expect(await unspentTokens(app, sessionId)).toBe(1);
    expect((await app.api.me(signedIn(answers[0]!).accessToken)).status).toBe(200);
    const found = await auditTypes(app, sessionId);
    expect(found.filter((type) => type === 'session.refreshed')).toHaveLength(20);
    expect(found).not.toContain('session.refresh_reuse_detected');
  });

  it('counts the 30 days from the sign-in', async () => {
    const { sessionId, refreshToken } = await app.api.signIn(email);
    for (const table of ['sessions', 'refresh_tokens']) {
      const key = table === 'sessions' ? 'id' : 'session_id';
      await app.sql.query(
        `UPDATE user_service.${table} SET expires_at = expires_at - interval '29 days' WHERE ${key} = $1`,
        [sessionId],
      );
    }

    const answer = await app.api.refresh(refreshToken);

    const left = Number(answer.body['refreshExpiresIn']);
    expect(left).toBeGreaterThan(86_300);
    expect(left).toBeLessThanOrEqual(86_400);
    const next = signedIn(answer);
    await app.sql.query('UPDATE user_service.sessions SET expires_at = now() WHERE id = $1', [sessionId]);
    // What the service has read of a session counts for a second.
    await waitFor(async () => (await app.api.me(next.accessToken)).status === 401, { timeoutMs: 1_500 });
    expectUnauthorized(await app.api.me(next.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(next.refreshToken), 401, 'refresh_invalid');
  });

  it('reads the roles anew', async () => {
    const { userId, refreshToken } = await app.api.signedInUser();
    await app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}' WHERE id = $1`, [userId]);

    const answer = await app.api.refresh(refreshToken);

    expect(answer.body['user']).toMatchObject({ roles: ['user', 'admin'] });
    expect(decodeJwt(signedIn(answer).accessToken).claims).toMatchObject({ roles: ['user', 'admin'] });
  });

  it.each(['', 'x', 'usr_', `usr_${'A'.repeat(43)}`, 'usr_\u0000'])('refuses %j', async (token) => {
    const answer = await app.api.refresh(token);

    expect([400, 401]).toContain(answer.status);
    if (answer.status === 401) expectProblem(answer, 401, 'refresh_invalid');
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  it('refuses a token in another spelling', async () => {
    const { refreshToken } = await app.api.signIn(email);

    for (const near of [
      refreshToken.slice(4),
      `${refreshToken} `,
      refreshToken.toLowerCase(),
      `USR_${refreshToken.slice(4)}`,
    ]) {
      if (near !== refreshToken) expectProblem(await app.api.refresh(near), 401, 'refresh_invalid');
    }
    expectTokens(await app.api.refresh(refreshToken));
  });
});

describe('TK-11 Signing out ends both tokens at once', () => {
  async function signOut(): Promise<SignedIn> {
    const session = await app.api.signIn(email);
    const answer = await app.api.logout(session.accessToken);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    return session;
  }

  it('the access token is refused, the refresh token is simply dead', async () => {
    const { accessToken, refreshToken, sessionId } = await signOut();

    expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
    expectUnauthorized(await app.api.me(accessToken, { 'accept-language': 'ko' }), 'session_revoked');
    expectUnauthorized(await app.api.logout(accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(refreshToken), 401, 'refresh_invalid');
    expect(await endReason(app, sessionId)).toBe('logout');
  });

  it('every access token of the session, and no other session', async () => {
    const other = await app.api.signIn(email);
    const first = await app.api.signIn(email);
    const second = signedIn(await app.api.refresh(first.refreshToken));

    await app.api.logout(second.accessToken);

    expectUnauthorized(await app.api.me(first.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(first.refreshToken), 401, 'refresh_invalid');
    expectProblem(await app.api.refresh(second.refreshToken), 401, 'refresh_invalid');
    expect(await auditTypes(app, first.sessionId)).not.toContain('session.refresh_reuse_detected');
    expect((await app.api.me(other.accessToken)).status).toBe(200);
  });

  it('a refresh at the same moment leaves nothing alive', async () => {
    for (let n = 0; n < 5; n += 1) {
      const { accessToken, refreshToken } = await app.api.signIn(email);

      const [out, refreshed] = await Promise.all([app.api.logout(accessToken), app.api.refresh(refreshToken)]);

      expect(out.status).toBe(204);
      expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
      if (refreshed.status === 200) {
        const late = signedIn(refreshed);
        expectUnauthorized(await app.api.me(late.accessToken), 'session_revoked');
        expectProblem(await app.api.refresh(late.refreshToken), 401, 'refresh_invalid');
      } else {
        expectProblem(refreshed, 401, 'refresh_invalid');
      }
    }
  });
});
