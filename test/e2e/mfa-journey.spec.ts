import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PASSWORD } from '../support/api-client.js';
import { decodeJwt } from '../support/jwt.js';
import { MFA } from '../support/mfa.js';
import { codeOf } from '../support/oathtool.js';
import { PasskeyBrowser, type AppPage, type PageAnswer } from '../support/passkey-browser.js';
import { ORIGIN, PASSKEYS } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const PHISHER = 'https://login-example.test';

let service: TestApp;
let browser: PasskeyBrowser;
let page: AppPage;
let email: string;

beforeAll(async () => {
  service = await startTestApp();
  browser = await PasskeyBrowser.open(service.url);
  page = await browser.newPage(ORIGIN);
}, 360_000);

afterAll(async () => {
  await browser.close();
  await service.close();
});

const textIn = ({ body }: PageAnswer, name: string): string => String(body[name]);
const claimsIn = (answer: PageAnswer): Record<string, unknown> => decodeJwt(textIn(answer, 'accessToken')).claims;

async function ok(answer: Promise<PageAnswer>, status = 200): Promise<PageAnswer> {
  const received = await answer;
  expect(received).toMatchObject({ status });
  return received;
}

async function refused(answer: Promise<PageAnswer>, status: number, code: string): Promise<void> {
  expect(await answer).toMatchObject({ status, body: { code } });
}

/** The first half of a sign-in. */
async function password(): Promise<PageAnswer> {
  return ok(page.call('POST', '/api/v1/auth/login', { email, password: PASSWORD }));
}

function verify(first: PageAnswer, method: string, proof: object): Promise<PageAnswer> {
  const { mfaToken } = first.body;
  return page.call('POST', '/api/v1/auth/mfa/verify', { mfaToken, method, ...proof });
}

/** With nothing but the passkey in the device. */
async function passkeyAlone(): Promise<PageAnswer> {
  const { body } = await ok(page.call('POST', '/api/v1/auth/passkey/options'));
  const credential = await page.usePasskey(body['options']);
  return ok(page.call('POST', '/api/v1/auth/passkey', { credential, deviceName: 'Chromium' }));
}

async function addPasskey(token: string, name: string): Promise<PageAnswer> {
  const { body } = await ok(page.call('POST', `${PASSKEYS}/options`, undefined, token));
  const credential = await page.createPasskey(body['options']);
  return ok(page.call('POST', PASSKEYS, { credential, name }, token), 201);
}

describe('MF-01…MF-09 A second factor in a real browser', () => {
  beforeAll(async () => {
    email = await service.api.verifiedUser();
  });

  it('is set up, proven, lost and given back', async () => {
    // An authenticator app, confirmed by its first code.
    const first = await password();
    let token = textIn(first, 'accessToken');
    const { body: proposed } = await ok(page.call('POST', `${MFA}/totp`, undefined, token), 201);
    const secret = String(proposed['secret']);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const confirmed = await ok(page.call('POST', `${MFA}/totp/confirm`, { code: codeOf(secret) }, token));
    const [paper, spare] = confirmed.body['recoveryCodes'] as string[];
    expect(confirmed.body['recoveryCodes']).toHaveLength(10);

    // Signed out, and in again with the password and the next code.
    await ok(page.call('POST', '/api/v1/auth/logout', undefined, token), 204);
    const half = await password();
    expect(half.body).toMatchObject({ mfaRequired: true, methods: ['totp', 'recovery_code'] });
    expect(half.body).not.toHaveProperty('accessToken');
    const code = codeOf(secret, 1);
    const second = await ok(verify(half, 'totp', { code }));
    expect(claimsIn(second)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });

    // The same code again.
    await refused(verify(await password(), 'totp', { code }), 401, 'mfa_invalid');

    // A passkey, and in again with that alone.
    await page.addAuthenticator();
    token = textIn(second, 'accessToken');
    const added = await addPasskey(token, '민지의 노트북');
    expect(added.body).toMatchObject({ name: '민지의 노트북', lastUsedAt: null });
    expect(added.body).not.toHaveProperty('recoveryCodes');
    await ok(page.call('POST', '/api/v1/auth/logout', undefined, token), 204);
    const third = await passkeyAlone();
    expect(claimsIn(third)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: '2' });
    expect(third.body['user']).toMatchObject({ email });
    const { body: status } = await ok(page.call('GET', MFA, undefined, textIn(third, 'accessToken')));
    expect(status).toMatchObject({
      totp: { enabled: true },
      passkeys: [{ id: added.body['id'], name: '민지의 노트북', lastUsedAt: expect.any(String) }],
      recoveryCodesLeft: 10,
    });

    // Both are lost.
    await page.loseAuthenticators();
    const stranded = await password();
    expect(stranded.body['methods']).toEqual(['totp', 'recovery_code', 'passkey']);
    const fourth = await ok(verify(stranded, 'recovery_code', { code: paper }));
    await refused(verify(await password(), 'recovery_code', { code: paper }), 401, 'mfa_invalid');
    await service.mailsSent();
    const subjects = (await service.mails(email)).map(({ subject }) => subject);
    expect(subjects).toContain('A recovery code was used');
    expect(subjects).toContain('A passkey was added to your account');

    // New codes, what was lost is given up, and the old codes are void.
    token = textIn(fourth, 'accessToken');
    const { body: renewed } = await ok(page.call('POST', `${MFA}/recovery-codes`, undefined, token));
    const [fresh] = renewed['recoveryCodes'] as string[];
    await ok(page.call('DELETE', `${PASSKEYS}/${textIn(added, 'id')}`, undefined, token), 204);
    await refused(verify(await password(), 'recovery_code', { code: spare }), 401, 'mfa_invalid');
    await ok(verify(await password(), 'recovery_code', { code: fresh }));
  }, 180_000);

  it('is a passkey from the start, which brings recovery codes and is both steps, either step and a fresh proof', async () => {
    email = await service.api.verifiedUser();
    await page.addAuthenticator({ defaultBackupEligibility: true, defaultBackupState: true });
    const token = textIn(await password(), 'accessToken');
    const added = await addPasskey(token, 'Phone');
    expect(added.body['recoveryCodes']).toHaveLength(10);

    const half = await password();
    expect(half.body['methods']).toEqual(['recovery_code', 'passkey']);
    const { mfaToken } = half.body;
    const asked = await ok(page.call('POST', '/api/v1/auth/mfa/passkey-options', { mfaToken }));
    const proof = { credential: await page.usePasskey(asked.body['options']) };
    const whole = await ok(verify(half, 'passkey', proof));
    expect(claimsIn(whole)).toMatchObject({ amr: ['pwd', 'swk', 'user', 'mfa'], acr: '2' });

    const alone = await passkeyAlone();
    expect(claimsIn(alone)).toMatchObject({ amr: ['swk', 'user', 'mfa'], acr: '2' });

    const session = textIn(alone, 'accessToken');
    const again = await ok(page.call('POST', '/api/v1/auth/reauthenticate/passkey-options', undefined, session));
    const credential = await page.usePasskey(again.body['options']);
    const fresh = await ok(page.call('POST', '/api/v1/auth/reauthenticate', { credential }, session));
    expect(fresh.body['sessionId']).toBe(alone.body['sessionId']);
    await ok(page.call('DELETE', `${PASSKEYS}/${textIn(added, 'id')}`, undefined, textIn(fresh, 'accessToken')), 204);
    expect((await password()).body).toHaveProperty('accessToken');
    await page.loseAuthenticators();
  }, 120_000);

  it('is worth nothing to a page of somebody else, which can only ask for passkeys of its own', async () => {
    email = await service.api.verifiedUser();
    const token = textIn(await password(), 'accessToken');
    const phisher = await browser.newPage(PHISHER);
    await phisher.addAuthenticator();
    const { body } = await ok(phisher.call('POST', `${PASSKEYS}/options`, undefined, token));
    const options = body['options'] as Record<string, unknown>;

    await expect(phisher.createPasskey(options)).rejects.toThrow(/SecurityError|relying party/);
    const own = await phisher.createPasskey({ ...options, rp: { id: new URL(PHISHER).hostname, name: 'Example' } });
    await refused(phisher.call('POST', PASSKEYS, { credential: own }, token), 422, 'passkey_not_registered');

    const asked = await ok(phisher.call('POST', '/api/v1/auth/passkey/options'));
    const wanted = { ...(asked.body['options'] as object), rpId: new URL(PHISHER).hostname };
    const credential = await phisher.usePasskey(wanted);
    await refused(phisher.call('POST', '/api/v1/auth/passkey', { credential }), 401, 'passkey_refused');
  }, 120_000);

  it('needs an authenticator that verifies its user', async () => {
    email = await service.api.verifiedUser();
    const token = textIn(await password(), 'accessToken');
    await page.addAuthenticator({ isUserVerified: false });
    const { body } = await ok(page.call('POST', `${PASSKEYS}/options`, undefined, token));

    await expect(page.createPasskey(body['options'])).rejects.toThrow(/NotAllowedError/);
    await page.loseAuthenticators();
  }, 120_000);
});
