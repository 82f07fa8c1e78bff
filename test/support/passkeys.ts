import { generateKeyPairSync } from 'node:crypto';

import {
  SoftwareAuthenticator,
  type CeremonyOptions,
  type Tampering,
} from '../../libs/mfa/testing/software-authenticator.js';
import type { Answer, ApiClient, SignedIn } from './api-client.js';
import { MFA, VERIFY } from './mfa.js';

export const PASSKEYS = `${MFA}/passkeys`;
/** Where the pages of the service under test are, by its environment. */
export const ORIGIN = 'http://localhost:8000';

/** The private key of somebody else. */
export const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** The options in an answer, as an authenticator takes them. */
export function optionsIn({ body, status, text }: Answer): CeremonyOptions {
  if (status !== 200) throw new Error(`Expected options, got ${status}: ${text}`);
  return body['options'] as CeremonyOptions;
}

/** The calls of docs/mfa-for-clients.md, with authenticators that do what a test tells them. */
export class PasskeyClient {
  constructor(private readonly api: ApiClient) {}

  /** For a new passkey, in that session. */
  async creationOptions({ accessToken: token }: Pick<SignedIn, 'accessToken'>): Promise<CeremonyOptions> {
    return optionsIn(await this.api.call('POST', `${PASSKEYS}/options`, { token }));
  }

  add({ accessToken: token }: Pick<SignedIn, 'accessToken'>, credential: unknown, more: object = {}): Promise<Answer> {
    return this.api.post(PASSKEYS, { credential, ...more }, { token });
  }

  async register(
    session: Pick<SignedIn, 'accessToken'>,
    authenticator = new SoftwareAuthenticator(ORIGIN),
    how: Tampering = {},
  ): Promise<Answer> {
    return this.add(session, authenticator.create(await this.creationOptions(session), how));
  }

  /** A new user whose only factor is the passkey; the session was opened with the password before. */
  async owner(
    authenticator = new SoftwareAuthenticator(ORIGIN),
  ): Promise<
    SignedIn & { readonly email: string; readonly authenticator: SoftwareAuthenticator; readonly id: string }
  > {
    const user = await this.api.signedInUser();
    const added = await this.register(user, authenticator);
    if (added.status !== 201) throw new Error(`Expected a passkey, got ${added.status}: ${added.text}`);
    return { ...user, authenticator, id: String(added.body['id']) };
  }

  /** For a sign-in of whoever comes. */
  async requestOptions(): Promise<CeremonyOptions> {
    return optionsIn(await this.api.call('POST', '/api/v1/auth/passkey/options'));
  }

  send(credential: unknown, more: object = {}): Promise<Answer> {
    return this.api.post('/api/v1/auth/passkey', { credential, ...more });
  }

  /** Signs in with nothing else. */
  async signIn(authenticator: SoftwareAuthenticator, how: Tampering = {}): Promise<Answer> {
    return this.send(authenticator.get(await this.requestOptions(), how));
  }

  /** The right password was given: a second factor is due. */
  async mfaToken(email: string): Promise<string> {
    const { body } = await this.api.login(email);
    return String(body['mfaToken']);
  }

  async secondFactorOptions(mfaToken: string): Promise<CeremonyOptions> {
    return optionsIn(await this.api.post('/api/v1/auth/mfa/passkey-options', { mfaToken }));
  }

  verify(mfaToken: string, credential: unknown): Promise<Answer> {
    return this.api.post(VERIFY, { mfaToken, method: 'passkey', credential });
  }

  async stepUpOptions(token: string): Promise<CeremonyOptions> {
    return optionsIn(await this.api.call('POST', '/api/v1/auth/reauthenticate/passkey-options', { token }));
  }

  /** A proof within a session. */
  prove(token: string, body: object): Promise<Answer> {
    return this.api.post('/api/v1/auth/reauthenticate', body, { token });
  }
}
