import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SoftwareAuthenticator } from '../../libs/mfa/testing/software-authenticator.js';
import { PASSWORD } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { PasskeyClient, STRANGER } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let passkeys: PasskeyClient;

beforeAll(async () => {
  app = await startTestApp();
  passkeys = new PasskeyClient(app.api);
});
afterAll(() => app.close());

/** Mails to the owner of a password that somebody else seems to know. */
async function warnings(email: string): Promise<unknown[]> {
  await app.mailsSent();
  return (await app.mails(email)).filter(({ subject }) => /wrong second factor/.test(subject));
}

describe('MF-03 The passkey that a challenge asks for', () => {
  it('is the second step, once', async () => {
    const { authenticator, email } = await passkeys.owner();
    const token = await passkeys.mfaToken(email);
    const credential = authenticator.get(await passkeys.secondFactorOptions(token));

    expect((await passkeys.verify(token, credential)).status).toBe(200);
    expectProblem(await passkeys.verify(token, credential), 401, 'mfa_token_expired');
    expectProblem(await passkeys.verify(await passkeys.mfaToken(email), credential), 401, 'mfa_invalid');
  });

  it('is that of the user: not that of somebody else, whose own it may be', async () => {
    const [victim, mallory] = [await passkeys.owner(), await passkeys.owner()];
    const token = await passkeys.mfaToken(victim.email);
    const options = await passkeys.secondFactorOptions(token);

    expectProblem(await passkeys.verify(token, mallory.authenticator.get(options)), 401, 'mfa_invalid');
    // Under the name of the victim's credential, with the handle of the victim's account left out.
    const { credentialId } = victim.authenticator;
    const forged = mallory.authenticator.get(options, { credentialId, userHandle: null });
    expectProblem(await passkeys.verify(token, forged), 401, 'mfa_invalid');
  });

  it('answers this challenge: not another of the user, one for signing in alone, for a step-up or for a new passkey', async () => {
    const { authenticator, email } = await passkeys.owner();
    const session = await passkeys.signIn(authenticator);
    const accessToken = String(session.body['accessToken']);
    const token = await passkeys.mfaToken(email);
    const others = [
      await passkeys.secondFactorOptions(await passkeys.mfaToken(email)),
      await passkeys.requestOptions(),
      await passkeys.stepUpOptions(accessToken),
      await passkeys.creationOptions({ accessToken }),
    ];
    for (const options of others)
      expectProblem(await passkeys.verify(token, authenticator.get(options)), 401, 'mfa_invalid');

    expect((await passkeys.verify(token, authenticator.get(await passkeys.secondFactorOptions(token)))).status).toBe(
      200,
    );
  });

  it('opens nothing without the password: neither its options nor their answer are those of a sign-in', async () => {
    const { authenticator, email } = await passkeys.owner();
    const token = await passkeys.mfaToken(email);

    expectProblem(
      await passkeys.send(authenticator.get(await passkeys.secondFactorOptions(token))),
      401,
      'passkey_refused',
    );
    const nobodys = await app.api.post('/api/v1/auth/mfa/passkey-options', { mfaToken: 'usm_nobody' });
    expectProblem(nobodys, 401, 'mfa_token_expired');
  });

  it('MF-06 MF-12 counts like a code: five wrong ones are told of, and the right one is not looked at', async () => {
    const { authenticator, email } = await passkeys.owner();
    for (let wrong = 0; wrong < 5; wrong += 1) {
      const token = await passkeys.mfaToken(email);
      const credential = authenticator.get(await passkeys.secondFactorOptions(token), { signWith: STRANGER });
      expectProblem(await passkeys.verify(token, credential), 401, 'mfa_invalid');
    }

    const token = await passkeys.mfaToken(email);
    expectProblem(
      await passkeys.verify(token, authenticator.get(await passkeys.secondFactorOptions(token))),
      429,
      'mfa_throttled',
    );
    // Three an hour.
    expect(await warnings(email)).toHaveLength(3);
  });
});

describe('MF-09 Proving it again with a passkey', () => {
  it('is refused for the passkey of somebody else, for another purpose, and for the password alone', async () => {
    const [user, mallory] = [await passkeys.owner(), await passkeys.owner()];
    const { body } = await passkeys.signIn(user.authenticator);
    const token = String(body['accessToken']);

    const stolen = mallory.authenticator.get(await passkeys.stepUpOptions(token));
    expectProblem(await passkeys.prove(token, { credential: stolen }), 401, 'mfa_invalid');
    const other = user.authenticator.get(await passkeys.requestOptions());
    expectProblem(await passkeys.prove(token, { credential: other }), 401, 'mfa_invalid');
    expectProblem(await passkeys.prove(token, { password: PASSWORD }), 401, 'mfa_invalid');
    const unverified = user.authenticator.get(await passkeys.stepUpOptions(token), { isVerified: false });
    expectProblem(await passkeys.prove(token, { credential: unverified }), 401, 'mfa_invalid');

    const right = user.authenticator.get(await passkeys.stepUpOptions(token));
    expect((await passkeys.prove(token, { credential: right })).status).toBe(200);
    expectProblem(await passkeys.prove(token, { credential: right }), 401, 'mfa_invalid');
  });

  it('is refused in another session than the one that asked: a thief can neither use the answer nor spoil the question', async () => {
    const { authenticator } = await passkeys.owner();
    const [mine, stolen] = [await tokenOf(authenticator), await tokenOf(authenticator)];
    const asked = await passkeys.stepUpOptions(mine);
    const answer = authenticator.get(asked);
    await passkeys.stepUpOptions(stolen);

    expectProblem(await passkeys.prove(stolen, { credential: answer }), 401, 'mfa_invalid');
    expect((await passkeys.prove(mine, { credential: answer })).status).toBe(200);
  });

  it('MF-06 is counted for a session: who stole one locks that one, and no other and no sign-in', async () => {
    const { authenticator, email } = await passkeys.owner();
    const [mine, stolen] = [await tokenOf(authenticator), await tokenOf(authenticator)];
    const wrong = async (token: string): Promise<object> => ({
      credential: authenticator.get(await passkeys.stepUpOptions(token), { signWith: STRANGER }),
    });
    for (let time = 0; time < 5; time += 1)
      expectProblem(await passkeys.prove(stolen, await wrong(stolen)), 401, 'mfa_invalid');
    const right = { credential: authenticator.get(await passkeys.stepUpOptions(stolen)) };
    expectProblem(await passkeys.prove(stolen, right), 429, 'mfa_throttled');
    // Nothing was said about who knows the password.
    expect(await warnings(email)).toEqual([]);

    const own = { credential: authenticator.get(await passkeys.stepUpOptions(mine)) };
    expect((await passkeys.prove(mine, own)).status).toBe(200);
    const mfaToken = await passkeys.mfaToken(email);
    const second = authenticator.get(await passkeys.secondFactorOptions(mfaToken));
    expect((await passkeys.verify(mfaToken, second)).status).toBe(200);
  });
});

async function tokenOf(authenticator: SoftwareAuthenticator): Promise<string> {
  return String((await passkeys.signIn(authenticator)).body['accessToken']);
}

describe('MF-10 What is stored of passkeys', () => {
  it('names no credential, key, owner or challenge', async () => {
    const { authenticator } = await passkeys.owner();
    const { challenge } = await passkeys.requestOptions();
    const tables = ['mfa_factors', 'passkey_challenges', 'outbox'];
    const dumps = await Promise.all(
      tables.map((table) => app.sql.query<{ row: string }>(`SELECT t::text AS row FROM user_service.${table} t`)),
    );
    const text =
      dumps
        .flat()
        .map(({ row }) => row)
        .join('\n') + app.logText();
    const { x = '' } = authenticator.keys.publicKey.export({ format: 'jwk' });
    for (const secret of [authenticator.credentialId, challenge, x]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });

  it('opens nothing in another row: swapped ciphertexts fail closed, and an operator can see it', async () => {
    const [one, other] = [await passkeys.owner(), await passkeys.owner()];
    await app.sql.query(
      `UPDATE user_service.mfa_factors f SET secret_enc = o.secret_enc FROM user_service.mfa_factors o
        WHERE (f.id = $1 AND o.id = $2) OR (f.id = $2 AND o.id = $1)`,
      [one.id, other.id],
    );
    const answer = await passkeys.signIn(one.authenticator);

    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/decrypt|cipher|aes/i);
    expect(app.logs().some(({ event }) => event === 'crypt_decrypt_fail')).toBe(true);
  });
});
