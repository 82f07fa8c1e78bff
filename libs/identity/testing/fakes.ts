import { domainToASCII } from 'node:url';

import type { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  EmailParser,
  IdentityMail,
  PasswordHasher,
  PasswordPolicy,
  RecoveryBudget,
  type EmailChangeNotice,
  type IdentitySettings,
  type OwnData,
  type SignUp,
  type UserProfile,
} from '../src/application/ports.js';
import { KnownDevices, type NotedDevice } from '../src/application/known-devices.js';
import {
  SignInNotices,
  SignInWatch,
  type SignInSettings,
  type ThrottledBy,
} from '../src/application/sign-in-attempts.js';
import { Email } from '../src/domain/email.js';
import type { PasswordReason } from '../src/domain/errors.js';
import type { User } from '../src/domain/user.js';

export class FakeEmailParser extends EmailParser {
  parse(typed: string): Email {
    return Email.parse(typed, domainToASCII);
  }
}

/** Readable instead of slow. Counts what would have been slow, and refuses it inside of a unit of work. */
export class FakePasswordHasher extends PasswordHasher {
  hashes = 0;
  verifications = 0;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  refuseIfBusy(): void {
    // There is always room.
  }

  async hash(password: string): Promise<string> {
    this.uow.assertIdle();
    this.hashes += 1;
    return `hash of: ${password}`;
  }

  async verify(hash: string, password: string): Promise<boolean> {
    this.uow.assertIdle();
    this.verifications += 1;
    return hash === `hash of: ${password}` || hash === `old hash of: ${password}`;
  }

  isOutdated(hash: string): boolean {
    return hash.startsWith('old hash');
  }

  // As bcrypt, whose hashes are the old ones.
  isBeyond(hash: string, password: string): boolean {
    return this.isOutdated(hash) && this.isBeyondSome(password);
  }

  isBeyondSome(password: string): boolean {
    return password.length > 72;
  }

  async verifyNothing(password: string): Promise<void> {
    await this.verify('hash of nothing', password);
  }
}

/** Remembers what those who watch over the service were told. */
export class RecordingSignInWatch extends SignInWatch {
  readonly told: string[] = [];

  throttled(by: ThrottledBy): void {
    this.told.push(`throttled by ${by}`);
  }

  sprayed(scope: string): void {
    this.told.push(`sprayed ${scope}`);
  }

  locked(userId: string | null): void {
    this.told.push(`locked ${String(userId)}`);
  }

  uncounted(): void {
    this.told.push('uncounted');
  }

  succeededAfterFailures(userId: string, failures: number): void {
    this.told.push(`${userId} succeeded after ${String(failures)}`);
  }

  upgraded(outcome: string): void {
    this.told.push(outcome);
  }
}

/** Remembers whom it told of what. */
export class RecordingSignInNotices extends SignInNotices {
  readonly sent: { readonly userId: string; readonly failures: number }[] = [];

  async succeededAfterFailures({ id }: UserProfile, failures: number): Promise<void> {
    this.sent.push({ userId: id, failures });
  }
}

/** Nobody's device is known. */
export class NoKnownDevices extends KnownDevices {
  async forgetAll(): Promise<void> {
    // There are none.
  }

  async note(): Promise<NotedDevice> {
    return { token: 'device token', isNews: false };
  }
}

/** As much mail as a test allows. */
export class SettableBudget extends RecoveryBudget {
  left = Infinity;

  async claim(): Promise<boolean> {
    this.left -= 1;
    return this.left >= 0;
  }
}

export function signInSettings(changes: Partial<SignInSettings> = {}): SignInSettings {
  const limits = { failures: 5, windowMinutes: 15, ceiling: 100, lockMinutes: 60 };
  return { ...limits, failuresOfSource: 1_000, failuresPerMinute: 10_000, deviceDays: 180, ...changes };
}

/** Refuses what a test tells it to. */
export class FakePasswordPolicy extends PasswordPolicy {
  readonly asked: { readonly password: string; readonly own: OwnData }[] = [];

  constructor(private readonly refusals: Readonly<Record<string, PasswordReason[]>> = {}) {
    super();
  }

  reasonsAgainst(password: string, own: OwnData): PasswordReason[] {
    this.asked.push({ password, own });
    return this.refusals[password] ?? [];
  }
}

export interface Letter {
  readonly kind:
    | 'verify_email'
    | 'address_already_registered'
    | 'reset_password'
    | 'confirm_email_change'
    | 'email_change_requested'
    | 'email_changed';
  readonly to: string;
  readonly token?: string;
  readonly signedUpAt?: Date;
  readonly language?: string;
}

/** Letters leave with their unit of work: one that fails takes them back. */
export class RecordingIdentityMail extends IdentityMail {
  #letters: Letter[] = [];

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    uow.enlist({
      snapshot: () => {
        const letters = [...this.#letters];
        return () => {
          this.#letters = letters;
        };
      },
    });
  }

  get letters(): readonly Letter[] {
    return this.#letters;
  }

  /** The token in the last letter. */
  get lastToken(): string {
    const token = this.#letters.at(-1)?.token;
    if (token === undefined) throw new Error('The last letter holds no token');
    return token;
  }

  async verifyEmail(user: User, token: string, { signedUpAt, locale }: SignUp): Promise<void> {
    this.uow.assertActive();
    this.#letters.push({ kind: 'verify_email', to: user.state.email.value, token, signedUpAt, language: locale });
  }

  async addressAlreadyRegistered(user: User): Promise<void> {
    this.uow.assertActive();
    this.#letters.push({ kind: 'address_already_registered', to: user.state.email.value });
  }

  async resetPassword(user: User, token: string): Promise<void> {
    this.uow.assertActive();
    this.#letters.push({ kind: 'reset_password', to: user.state.email.value, token });
  }

  async confirmEmailChange(_user: User, to: Email, token: string): Promise<void> {
    this.uow.assertActive();
    this.#letters.push({ kind: 'confirm_email_change', to: to.value, token });
  }

  async emailChangeNotice(_user: User, before: Email, _after: Email, notice: EmailChangeNotice): Promise<void> {
    this.uow.assertActive();
    const kind = notice.done ? 'email_changed' : 'email_change_requested';
    this.#letters.push({ kind, to: before.value, token: notice.token });
  }
}

export function identitySettings(changes: Partial<IdentitySettings> = {}): IdentitySettings {
  return { verificationTokenHours: 24, minimumAge: undefined, ...changes };
}
