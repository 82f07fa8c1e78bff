import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type Answer, type SignedIn } from '../support/api-client.js';
import { expectMembers, expectProblem, expectTokens, expectUnauthorized, UUID_V7 } from '../support/expectations.js';
import { decodeJwt, forgeJwt, type Claims } from '../support/jwt.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'auth_time', 'amr', 'acr', 'roles'];

let app: TestApp;
let user: SignedIn & { readonly email: string };
let secret: string;

beforeAll(async () => {
  app = await startTestApp();
  secret = app.env['JWT_SECRET']!;
  user = await app.api.signedInUser({ displayName: 'Canary Minji' });
});

afterAll(async () => {
  await app.close();
});

/** The user's own token, with changes, signed with the real key. */
function variant(claims: Claims, header: Claims = {}, key = secret): string {
  const real = decodeJwt(user.accessToken);
  return forgeJwt({ ...real.header, ...header }, { ...real.claims, ...claims }, key);
}

describe('TK-05 An access token is an at+jwt', () => {
  it('with the claims of RFC 9068 that api.md names, and no other', () => {
    const { header, claims } = decodeJwt(user.accessToken);

    expect(header).toEqual({ alg: 'HS512', typ: 'at+jwt', kid: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/) });
    expectMembers(claims, CLAIMS);
    expect(claims).toMatchObject({
      iss: 'http://localhost:8000',
      aud: 'user-service',
      sub: user.userId,
      sid: user.sessionId,
      jti: expect.stringMatching(UUID_V7),
      amr: ['pwd'],
      acr: '1',
      roles: ['user'],
    });
    expect(Math.abs(Number(claims['auth_time']) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('that says nothing about the key', () => {
    const { kid } = decodeJwt(user.accessToken).header;

    expect(secret).not.toContain(String(kid).replace(/^hs512-/, ''));
  });

  it('a token made the same way is good, so that what follows fails for its own reason', async () => {
    expect((await app.api.me(variant({}))).status).toBe(200);
    expect((await app.api.me(variant({ aud: ['user-service', 'other'] }))).status).toBe(200);
    expect((await app.api.me(variant({ exp: Math.floor(Date.now() / 1000) - 25 }))).status).toBe(200);
  });

  const header: [string, Claims, string?][] = [
    ['typ JWT', { typ: 'JWT' }],
    ['no typ', { typ: undefined }],
    ['alg none', { alg: 'none' }],
    ['alg None', { alg: 'None' }],
    ['alg nOnE', { alg: 'nOnE' }],
    ['an empty alg', { alg: '' }],
    ['no alg', { alg: undefined }],
    ['alg HS256 under the right key', { alg: 'HS256' }],
    ['alg HS384 under the right key', { alg: 'HS384' }],
    ['alg RS256', { alg: 'RS256' }],
    ['an unknown kid', { kid: 'other' }],
    ['no kid', { kid: undefined }],
    ['a kid that is a path', { kid: '../../dev/null' }],
    ['a kid that is SQL', { kid: "' OR 1=1--" }],
    ['a kid as array', { kid: ['hs512'] }],
    ['a critical extension', { crit: ['exp'] }],
  ];

  it.each(header)('refuses %s', async (_what, change) => {
    expectUnauthorized(await app.api.me(variant({}, change)), 'token_invalid');
  });

  it.each(['jku', 'x5u', 'jwk', 'x5c'])('never looks at %s', async (name) => {
    const key = 'k'.repeat(64);
    const value = name === 'jwk' ? { kty: 'oct', k: Buffer.from(key).toString('base64url') } : 'http://127.0.0.1:1/';

    expectUnauthorized(await app.api.me(variant({}, { [name]: value }, key)), 'token_invalid');
  });

  it.each([
    ['another key', (): string => variant({}, {}, 'k'.repeat(64))],
    ['an empty key', (): string => variant({}, {}, '')],
    ['no signature', (): string => `${user.accessToken.split('.').slice(0, 2).join('.')}.`],
    ['a signature of other claims', (): string => swapClaims({ roles: ['user', 'admin'] })],
    ['a cut signature', (): string => user.accessToken.slice(0, -10)],
  ])('refuses %s', async (_what, make) => {
    expectUnauthorized(await app.api.me(make()), 'token_invalid');
  });

  function swapClaims(change: Claims): string {
    const { claims, parts } = decodeJwt(user.accessToken);
    const forged = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
    return [parts[0], forged, parts[2]].join('.');
  }
});

describe('TK-05 Each kind of token is good for one thing', () => {
  it('the cross matrix of token kinds and endpoints', async () => {
    const email = freshEmail();
    await app.api.register(email);
    const { token: verification } = await app.mail(email);
    const { accessToken, refreshToken } = await app.api.signIn(user.email);
    const { api } = app;

    for (const wrong of [refreshToken, verification, `${refreshToken}.a.b`]) {
      expectUnauthorized(await api.me(wrong), 'token_invalid');
      expectUnauthorized(await api.logout(wrong), 'token_invalid');
      expectUnauthorized(await api.patchMe(wrong, { displayName: 'x' }), 'token_invalid');
    }
    expectProblem(await api.refresh(verification), 401, 'refresh_invalid');
    expectProblem(await api.refresh(`usr_${verification}`), 401, 'refresh_invalid');
    expectProblem(await api.verify(refreshToken), 400, 'token_invalid');
    expectProblem(await api.verify(refreshToken.slice(4)), 400, 'token_invalid');
    // An access token is longer than either of the others can be.
    expectProblem(await api.refresh(accessToken), 400, 'validation_failed', ['errors']);
    expectProblem(await api.verify(accessToken), 400, 'validation_failed', ['errors']);
    expectProblem(await api.refresh(accessToken.slice(0, 128)), 401, 'refresh_invalid');
    expectProblem(await api.verify(accessToken.slice(0, 128)), 400, 'token_invalid');

    // None of that has used anything up.
    expect((await api.me(accessToken)).status).toBe(200);
    expectTokens(await api.refresh(refreshToken));
    expect((await api.verify(verification)).status).toBe(204);
  });
});

describe('TK-06 Issuer and audience are exact', () => {
  it.each([
    ['a missing issuer', { iss: undefined }],
    ['another issuer', { iss: 'http://localhost:8001' }],
    ['a longer issuer', { iss: 'http://localhost:8000/' }],
    ['a prefix of the issuer', { iss: 'http://localhost' }],
    ['issuers as array', { iss: ['http://localhost:8000'] }],
    ['a missing audience', { aud: undefined }],
    ['another audience', { aud: 'other-service' }],
    ['a longer audience', { aud: 'user-service-2' }],
    ['a prefix of the audience', { aud: 'user' }],
    ['no audience at all', { aud: [] }],
    ['an audience as object', { aud: { 'user-service': true } }],
  ])('refuses %s', async (_what, claims) => {
    expectUnauthorized(await app.api.me(variant(claims)), 'token_invalid');
  });
});

describe('TK-07 An access token lives 900 seconds', () => {
  it('from its issue', () => {
    const { iat, exp } = decodeJwt(user.accessToken).claims;

    expect(Math.abs(Number(exp) - Number(iat) - 900)).toBeLessThanOrEqual(1);
    expect(Math.abs(Number(iat) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('and not longer than the clock skew beyond its end', async () => {
    const now = Math.floor(Date.now() / 1000);

    for (const exp of [now - 31, now - 3600, 1]) {
      expectUnauthorized(await app.api.me(variant({ exp })), 'token_expired');
    }
    const korean = { 'accept-language': 'ko' };
    expectUnauthorized(await app.api.me(variant({ exp: now - 31 }), korean), 'token_expired');
  });

  it.each([
    ['no end', { exp: undefined }],
    ['an end as text', { exp: '9999999999' }],
    ['an endless end', { exp: 1e20 }],
    ['no issue', { iat: undefined }],
    ['not yet', { nbf: Math.floor(Date.now() / 1000) + 120 }],
    ['a subject that is no id', { sub: 'admin' }],
    ['no subject', { sub: undefined }],
    ['no session', { sid: undefined }],
    ['roles as text', { roles: 'admin' }],
    ['no authentication time', { auth_time: undefined }],
  ])('refuses %s', async (_what, claims) => {
    expectUnauthorized(await app.api.me(variant(claims)), 'token_invalid');
  });

  it('refuses a negative end', async () => {
    const answer = await app.api.me(variant({ exp: -1 }));

    expect(answer.status).toBe(401);
    expect(['token_invalid', 'token_expired']).toContain(answer.body['code']);
  });
});

describe('TK-08 An access token holds no personal data', () => {
  it('neither address nor name, in any part', () => {
    const text = user.accessToken.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));

    for (const personal of [user.email, user.email.split('@')[0]!, 'Canary', 'Minji']) {
      for (const part of text) expect(part).not.toContain(personal);
    }
  });
});

describe('TK-14 Whatever carries a token is not stored', () => {
  it('sign-in, refresh, profile, and every refusal', async () => {
    const login = await app.api.login(user.email);
    const refreshToken = String(login.body['refreshToken']);
    const answers: Answer[] = [
      login,
      await app.api.refresh(refreshToken),
      await app.api.refresh('usr_unknown'),
      await app.api.me(user.accessToken),
      await app.api.me('nonsense'),
      await app.api.login(user.email, 'not the password at all'),
      await app.api.register(freshEmail()),
    ];

    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
  });
});
