import type { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  AccessTokenSigner,
  CredentialVerifier,
  type AccessTokenSubject,
  type CredentialVerdict,
  type SignedInUser,
} from '../src/application/ports.js';
import { aSignedInUser } from './builders.js';

/** One account with one password, which a test changes as its owner or an operator would. */
export class FakeCredentialVerifier extends CredentialVerifier {
  /** The account as it is now; `null` when it is gone or disabled. */
  account: SignedInUser | null = aSignedInUser();
  password = 'correct horse battery staple';
  /** Answered instead of a verdict of its own. */
  verdict: CredentialVerdict | undefined;
  /** Runs after the verdict, before anybody acts on it. */
  meanwhile: () => void = () => undefined;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  async verify(email: string, password: string): Promise<CredentialVerdict> {
    this.uow.assertIdle();
    const verdict = this.verdict ?? this.#judge(email, password);
    this.meanwhile();
    return verdict;
  }

  async hold(userId: string, securityEpoch: number): Promise<boolean> {
    this.uow.assertActive();
    return (await this.current(userId, securityEpoch)) !== null;
  }

  async current(userId: string, securityEpoch: number): Promise<SignedInUser | null> {
    const { account } = this;
    return account?.id === userId && account.securityEpoch === securityEpoch ? account : null;
  }

  #judge(email: string, password: string): CredentialVerdict {
    const { account } = this;
    if (account?.email !== email) return { outcome: 'rejected', userId: null, reason: 'unknown_address' };
    if (password === this.password) return { outcome: 'accepted', user: account };
    return { outcome: 'rejected', userId: account.id, reason: 'wrong_password' };
  }
}

/** Signs readably: the token is what it says. */
export class FakeAccessTokenSigner extends AccessTokenSigner {
  sign(subject: AccessTokenSubject, now: Date): string {
    return JSON.stringify({ ...subject, issuedAt: now });
  }
}

/** What a token of {@link FakeAccessTokenSigner} says. */
export function readAccessToken(token: string): Record<string, unknown> {
  return JSON.parse(token) as Record<string, unknown>;
}
