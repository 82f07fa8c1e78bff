import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { SoftwareAuthenticator } from '../../libs/mfa/testing/software-authenticator.js';
import type { Answer } from '../support/api-client.js';
import {
  expectInvalid,
  expectMembers,
  expectProblem,
  expectTokens,
  expectUnauthorized,
} from '../support/expectations.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { eventsOf, MFA } from '../support/mfa.js';
import { ORIGIN, PASSKEYS, PasskeyClient } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const OTHER_ORIGIN = 'https://www.example.org';
const APP_ORIGIN = `android:apk-key-hash:${'a'.repeat(43)}`;

let app: TestApp;
let passkeys: PasskeyClient;

beforeAll(async () => {
  app = await startTestApp({ WEBAUTHN_ORIGINS: JSON.stringify([OTHER_ORIGIN, APP_ORIGIN]) });
  passkeys = new PasskeyClient(app.api);
});
afterAll(() => app.close());

describe('MF-02 Passkeys of a user', () => {
  it('are added with a name, listed, and given up one by one', async () => {
    const user = await app.api.signedInUser();
    const first = await passkeys.register(user);
    expect(first.status).toBe(201);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expectMembers(first.body, ['id', 'name', 'createdAt', 'lastUsedAt', 'recoveryCodes']);
    expect(first.body).toMatchObject({ name: null, lastUsedAt: null });
    expect(first.body['recoveryCodes']).toHaveLength(10);

    const options = await passkeys.creationOptions(user);
    expect(options).toMatchObject({ user: { name: user.email }, excludeCredentials: [{ type: 'public-key' }] });
    const second = await passkeys.add(user, new SoftwareAuthenticator(ORIGIN).create(options), { name: '전화기' });
    expectMembers(second.body, ['id', 'name', 'createdAt', 'lastUsedAt']);
    const status = await app.api.get(MFA, { token: user.accessToken });
    expect(status.body).toMatchObject({
      totp: { enabled: false },
      passkeys: [{ id: first.body['id'] }, { id: second.body['id'], name: '전화기' }],
      recoveryCodesLeft: 10,
    });

    const remove = (id: unknown, token = user.accessToken): Promise<Answer> =>
      app.api.call('DELETE', `${PASSKEYS}/${String(id)}`, { token });
    const stranger = await app.api.signedInUser();
    expectProblem(await remove(first.body['id'], stranger.accessToken), 404, 'not_found');
    expect((await remove(first.body['id'])).status).toBe(204);
    expectProblem(await remove(first.body['id']), 404, 'not_found');
    expect((await remove(second.body['id'])).status).toBe(204);
    expect((await app.api.get(MFA, { token: user.accessToken })).body).toEqual({
      totp: { enabled: false },
      passkeys: [],
      recoveryCodesLeft: 0,
    });
    expect((await app.api.me(user.accessToken)).body).toMatchObject({ mfaEnabled: false });
  });

  it('end all other sessions when the first one is added, and raise what this one says of itself', async () => {
    const user = await app.api.signedInUser();
    const other = await app.api.signIn(user.email);
    await passkeys.register(user);

    expectUnauthorized(await app.api.me(other.accessToken), 'session_revoked');
    expect((await app.api.me(user.accessToken)).body).toMatchObject({ mfaEnabled: true });
    const { body } = await app.api.refresh(user.refreshToken);
    expect(decodeJwt(String(body['accessToken'])).claims).toMatchObject({
      amr: ['pwd', 'hwk', 'user', 'mfa'],
      acr: '2',
    });
    expect(await eventsOf(app, 'mfa.passkey_added', user)).toMatchObject([
      { outcome: 'success', details: { synced: false } },
    ]);
  });

  it('need a fresh proof to be asked for and given up', async () => {
    const user = await passkeys.owner();
    const { header, claims } = decodeJwt(user.accessToken);
    const old = { ...claims, auth_time: Math.floor(Date.now() / 1_000) - 310 };
    const token = forgeJwt(header, old, app.env['JWT_SECRET']!);

    const calls = [
      app.api.call('POST', `${PASSKEYS}/options`, { token }),
      app.api.call('DELETE', `${PASSKEYS}/${user.id}`, { token }),
    ];
    for (const answer of await Promise.all(calls)) expectProblem(answer, 403, 'reauthentication_required');
    expectUnauthorized(await app.api.call('POST', `${PASSKEYS}/options`), 'token_missing');
  });

  it('are told of by mail, in the language of their owner', async () => {
    const user = await app.api.signedInUser({ locale: 'ko' });
    const { body } = await passkeys.register(user);
    await app.api.call('DELETE', `${PASSKEYS}/${String(body['id'])}`, { token: user.accessToken });
    await app.mailsSent();

    const text = (await app.mails(user.email)).map((mail) => mail.text).join('\n');
    expect(text).toContain('계정에 패스키가 추가되었습니다');
    expect(text).toContain('계정에서 패스키가 해제되었습니다');
  });
});

describe('A passkey from elsewhere', () => {
  it.each([OTHER_ORIGIN, APP_ORIGIN])('counts like one from a page of the service: %s', async (origin) => {
    const { authenticator } = await passkeys.owner(new SoftwareAuthenticator(origin, 'localhost'));

    expectTokens(await passkeys.signIn(authenticator));
  });

  it('may be asked for by pages that browsers can find out about', async () => {
    const answer = await app.api.get('/.well-known/webauthn');

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.body).toEqual({ origins: [ORIGIN, OTHER_ORIGIN] });
  });
});

describe('What is no credential', () => {
  const good = new SoftwareAuthenticator(ORIGIN).get({ challenge: 'AAEC' });
  const response = good['response'] as object;

  it.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [{}],
    [{ ...good, id: 'not base64url!' }],
    [{ ...good, rawId: 'AAEC' }],
    [{ ...good, type: 'password' }],
    [{ ...good, response: null }],
    [{ ...good, response: { ...response, signature: undefined } }],
    [{ ...good, response: { ...response, clientDataJSON: 7 } }],
    [{ ...good, response: { ...response, userHandle: '' } }],
    [{ ...good, id: 'A'.repeat(1365), rawId: 'A'.repeat(1365) }],
  ])('is invalid, wherever one is taken: %j', async (credential) => {
    expectInvalid(await passkeys.send(credential), '/credential');
  });

  it('has nothing to do with members that a newer browser adds', async () => {
    const newer = { ...good, response: { ...response, extra: {} }, more: 1 };

    expectProblem(await passkeys.send(newer), 401, 'passkey_refused');
  });
});
