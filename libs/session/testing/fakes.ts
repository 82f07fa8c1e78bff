import type { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { PasskeyCheck, type PasskeyVerdict } from '../src/application/passkey-check.js';
import {
  AccessTokenSigner,
  CredentialVerifier,
  SessionNotices,
  SuccessorTokens,
  type AccessTokenSubject,
  type CredentialVerdict,
  type SignedInUser,
} from '../src/application/ports.js';
import type { Session } from '../src/domain/session.js';
import { SignInDevices } from '../src/application/session-admission.js';
import type { Client } from '../src/application/session-factory.js';
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

/** One passkey, which is right unless a test says otherwise. */
export class FakePasskeyCheck extends PasskeyCheck {
  verdict: PasskeyVerdict = { outcome: 'accepted', user: aSignedInUser(), amr: ['hwk', 'user', 'mfa'] };
  /** Runs after the verdict, before anybody acts on it. */
  meanwhile: () => void = () => undefined;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  async options(): Promise<Readonly<Record<string, unknown>>> {
    return { challenge: 'asked' };
  }

  async account(): Promise<SignedInUser | null> {
    return this.verdict.outcome === 'accepted' ? this.verdict.user : null;
  }

  async verify(): Promise<PasskeyVerdict> {
    this.uow.assertIdle();
    this.meanwhile();
    return this.verdict;
  }
}

/** Every device gets a token of its own, and keeps it. */
export class FakeSignInDevices extends SignInDevices {
  readonly seen: Client[] = [];
  /** Whether owners hear of what signs in. */
  isNews = false;

  async note(_userId: string, client: Client): Promise<{ token: string; isNews: boolean }> {
    this.seen.push(client);
    return { token: client.deviceToken ?? `device ${String(this.seen.length)}`, isNews: this.isNews };
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

/** Readable, and the same again for the same session, generation and nonce. */
export class FakeSuccessorTokens extends SuccessorTokens {
  derive(sessionId: string, generation: number, nonce: string): string {
    return `${String(generation)}.of.${sessionId}.by.${nonce}`;
  }
}

export interface SessionNotice {
  readonly kind: 'evicted' | 'refresh_reused' | 'new_device';
  readonly userId: string;
  readonly sessionId: string;
}

/** Notices leave with their unit of work: one that fails takes them back. */
export class RecordingSessionNotices extends SessionNotices {
  #sent: SessionNotice[] = [];

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    uow.enlist({
      snapshot: () => {
        const sent = [...this.#sent];
        return () => {
          this.#sent = sent;
        };
      },
    });
  }

  get sent(): readonly SessionNotice[] {
    return this.#sent;
  }

  async evicted(user: SignedInUser, session: Session): Promise<void> {
    this.#record('evicted', user.id, session);
  }

  async newDevice(user: SignedInUser, session: Session): Promise<void> {
    this.#record('new_device', user.id, session);
  }

  async refreshReused(session: Session): Promise<void> {
    this.#record('refresh_reused', session.state.userId, session);
  }

  #record(kind: SessionNotice['kind'], userId: string, { state }: Session): void {
    this.uow.assertActive();
    this.#sent.push({ kind, userId, sessionId: state.id });
  }
}
