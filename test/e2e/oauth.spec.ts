import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Answer, SignedIn } from '../support/api-client.js';
import { createApiKey } from '../support/api-keys.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { problemFaults } from '../support/problem-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const FORM = 'application/x-www-form-urlencoded';

let test: TestApp;
let key: string;
let user: SignedIn;

beforeAll(async () => {
  test = await startTestApp();
  key = await createApiKey(test, 'tokens:introspect', 'tokens:revoke');
});
afterAll(() => test.close());
beforeEach(async () => {
  user = await test.api.signedInUser();
});

function send(path: string, body: string, type = FORM): Promise<Answer> {
  return test.api.call('POST', `/api/v1/oauth/${path}`, { body, headers: { 'content-type': type, 'x-api-key': key } });
}

function introspect(token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return send('introspect', new URLSearchParams({ token, ...more }).toString());
}

function revoke(token: string): Promise<Answer> {
  return send('revoke', new URLSearchParams({ token }).toString());
}

async function eventsOf(sessionId: string, type: string): Promise<Readonly<Record<string, unknown>>[]> {
  const rows = await test.sql.query<{ data: Readonly<Record<string, unknown>> }>(
    `SELECT payload->'data' AS data FROM user_service.outbox
      WHERE payload->>'type' = $1 AND payload->'data'->'details'->>'sessionId' = $2 ORDER BY id`,
    [type, sessionId],
  );
  return rows.map(({ data }) => data);
}

describe('TK-12 Introspection (RFC 7662)', () => {
  it('tells what a live access token says, and nothing personal', async () => {
    const { claims } = decodeJwt(user.accessToken);
    const answer = await introspect(user.accessToken);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.body).toEqual({
      active: true,
      token_type: 'Bearer',
      ...Object.fromEntries(
        ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'auth_time', 'acr', 'amr', 'roles'].map((name) => [
          name,
          claims[name],
        ]),
      ),
    });
  });

  it.each(['access_token', 'refresh_token', 'something', ''])('ignores the hint %j', async (hint) => {
    expect((await introspect(user.accessToken, { token_type_hint: hint, client_id: 'x' })).body['active']).toBe(true);
  });

  it('says of whatever is no live access token that it is not active, and never why', async () => {
    const { header, claims, parts } = decodeJwt(user.accessToken);
    const secret = test.env['JWT_SECRET']!;
    const past = Number(claims['iat']) - 7_200;
    const signedOut = await test.api.signedInUser();
    await test.api.logout(signedOut.accessToken);
    const dead = {
      nothing: 'x',
      'a refresh token': user.refreshToken,
      'an API key': key,
      'a token of another key': forgeJwt(header, claims, 'another secret'),
      'an expired token': forgeJwt(header, { ...claims, iat: past, exp: past + 900 }, secret),
      'a token without a signature': `${parts[0]!}.${parts[1]!}.`,
      'a token of alg none': forgeJwt({ ...header, alg: 'none' }, claims, secret),
      'a token of a session that nobody has': forgeJwt(header, { ...claims, sid: claims['jti'] }, secret),
      'a token of a session that ended': signedOut.accessToken,
      'an endless text': 'x'.repeat(60_000),
      'what no database stores': 'a\u0000b',
    };
    for (const [what, token] of Object.entries(dead)) {
      expect([what, (await introspect(token)).text]).toEqual([what, '{"active":false}']);
    }
  });

  it('says at once that a token of an ended session is dead', async () => {
    expect((await introspect(user.accessToken)).body['active']).toBe(true);
    await test.api.logout(user.accessToken);

    expect((await introspect(user.accessToken)).text).toBe('{"active":false}');
  });

  it.each([
    ['no token', 'token_type_hint=access_token', FORM, 400, 'validation_failed', 'invalid_request'],
    ['an empty token', 'token=', FORM, 400, 'validation_failed', 'invalid_request'],
    ['two tokens', 'token=a&token=b', FORM, 400, 'validation_failed', 'invalid_request'],
    ['no body', '', FORM, 400, 'validation_failed', 'invalid_request'],
    ['JSON', '{"token":"a"}', 'application/json', 415, 'unsupported_media_type', 'invalid_request'],
    ['too much', `token=${'x'.repeat(70_000)}`, FORM, 413, 'payload_too_large', 'invalid_request'],
  ])('refuses %s in the words of RFC 9457 and RFC 6749', async (_what, body, type, status, code, error) => {
    const answer = await send('introspect', body, type);

    expect(problemFaults(answer, { status, code })).toEqual([]);
    expect(answer.body['error']).toBe(error);
  });
});

describe('Revocation (RFC 7009)', () => {
  it.each(['accessToken', 'refreshToken'] as const)(
    'by the %s ends the session, once, with an event',
    async (which) => {
      for (const answer of [await revoke(user[which]), await revoke(user[which])]) {
        expect([answer.status, answer.text]).toEqual([200, '']);
      }

      expect((await test.api.me(user.accessToken)).body['code']).toBe('session_revoked');
      expect((await test.api.refresh(user.refreshToken)).body['code']).toBe('refresh_invalid');
      expect(await eventsOf(user.sessionId, 'session.revoked')).toMatchObject([
        { actor: { type: 'service', apiKeyId: expect.any(String) }, details: { reason: 'token_revoked' } },
      ]);
    },
  );

  it('takes a refresh token that was spent for its session as well', async () => {
    await test.api.refresh(user.refreshToken);
    await revoke(user.refreshToken);

    expect((await test.api.me(user.accessToken)).body['code']).toBe('session_revoked');
  });

  it('leaves the other sessions of the user alone', async () => {
    const email = await test.api.verifiedUser();
    const [one, other] = [await test.api.signIn(email), await test.api.signIn(email)];
    await revoke(one.refreshToken);

    expect([(await test.api.me(one.accessToken)).status, (await test.api.me(other.accessToken)).status]).toEqual([
      401, 200,
    ]);
  });

  it('answers 200 to what is good for nothing, and does nothing', async () => {
    const { header, claims } = decodeJwt(user.accessToken);
    for (const token of ['x', 'usr_x', forgeJwt(header, claims, 'another secret'), key]) {
      expect((await revoke(token)).status).toBe(200);
    }

    expect((await test.api.me(user.accessToken)).status).toBe(200);
  });

  it('wants a token', async () => {
    const answer = await send('revoke', '');
    expect(problemFaults(answer, { status: 400, code: 'validation_failed' })).toEqual([]);
    expect(answer.body).toMatchObject({ error: 'invalid_request', errors: [{ pointer: '/token', code: 'required' }] });
  });
});

describe('Forward authentication', () => {
  const verify = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    test.api.get('/api/v1/gateway/verify', { headers });
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}`, 'x-api-key': key });

  it('says in headers whose request it is', async () => {
    const answer = await verify(bearer(user.accessToken));

    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers.get('x-user-id')).toBe(user.userId);
    expect(answer.headers.get('x-session-id')).toBe(user.sessionId);
    expect(answer.headers.get('x-user-roles')).toBe('user');
    expect(answer.headers.get('x-auth-acr')).toBe('1');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('joins roles by commas, as they are now', async () => {
    await test.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
      user.userId,
    ]);
    expect((await verify(bearer(user.accessToken))).headers.get('x-user-roles')).toBe('user,admin');
  });

  it.each([
    ['token_missing', () => ({ 'x-api-key': key }), 'Bearer'],
    ['token_invalid', () => bearer('x'), 'Bearer error="invalid_token"'],
    ['token_invalid', () => ({ ...bearer('x'), authorization: 'Basic eA==' }), 'Bearer error="invalid_token"'],
    ['api_key_invalid', () => ({ authorization: `Bearer ${user.accessToken}` }), 'ApiKey'],
    ['api_key_invalid', () => ({ ...bearer(user.accessToken), 'x-api-key': 'usk_x' }), 'ApiKey'],
  ])('answers 401 %s, and by the challenge whose fault it is', async (code, headers, challenge) => {
    const answer = await verify(headers());

    expect(problemFaults(answer, { status: 401, code })).toEqual([]);
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
    expect(answer.headers.has('x-user-id')).toBe(false);
  });

  it('refuses the token of a session that ended', async () => {
    expect((await verify(bearer(user.accessToken))).status).toBe(204);
    await test.api.logout(user.accessToken);

    expect(problemFaults(await verify(bearer(user.accessToken)), { status: 401, code: 'session_revoked' })).toEqual([]);
  });
});
