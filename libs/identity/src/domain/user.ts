import { AggregateRoot } from '#kernel';

import type { Email } from './email.js';
import { UserChangedMeanwhile } from './errors.js';
import type { IdentityEvent, ProfileField } from './events.js';

export type Locale = 'en' | 'ko';
export type Role = 'user' | 'admin';
export type UserStatus = 'active' | 'disabled';

export interface Profile {
  readonly displayName: string | null;
  readonly locale: Locale;
  readonly phone: string | null;
}

/** What a stored user consists of. Times are UTC instants. */
export interface UserState {
  readonly id: string;
  email: Email;
  emailVerifiedAt: Date | null;
  passwordHash: string;
  passwordChangedAt: Date;
  status: UserStatus;
  roles: readonly Role[];
  profile: Profile;
  /** Raised when everything that was handed out earlier must stop working. */
  securityEpoch: number;
  /** Optimistic lock and entity tag. */
  version: number;
  /** Kept by the context that knows the second factors. */
  readonly mfaEnabled: boolean;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface Consent {
  readonly purpose: string;
  readonly version: string;
  readonly granted: boolean;
}

/**
 * What somebody asked for who has not proven the address yet. It is nobody's account until the token comes back that was
 * mailed for it, and it alone.
 */
export interface PendingRegistration {
  readonly passwordHash: string;
  readonly profile: Profile;
  readonly consents: readonly Consent[];
  /** By this time the owner of the address tells their own sign-up from a stranger's. */
  readonly signedUpAt: Date;
}

export interface NewUser {
  readonly id: string;
  readonly email: Email;
  readonly passwordHash: string;
  readonly profile: Profile;
}

/** A change of address that is taken back. */
export interface UndoneChange {
  readonly to: Email;
  readonly passwordHash: string;
  /** When the change was asked for. */
  readonly since: Date;
}

/** A person with an account here. */
export class User extends AggregateRoot<IdentityEvent> {
  #state: UserState;

  private constructor(state: UserState) {
    super();
    this.#state = state;
  }

  /** A new, unverified account with the role every user has. */
  static register(fields: NewUser, now: Date): User {
    const user = new User({
      ...fields,
      emailVerifiedAt: null,
      passwordChangedAt: now,
      status: 'active',
      roles: ['user'],
      securityEpoch: 1,
      mfaEnabled: false,
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    user.record({ type: 'identity.registered', userId: fields.id, occurredAt: now, data: { renewed: false } });
    return user;
  }

  /** An account that an operator makes for an administrator and vouches for: its address counts as proven. */
  static appointAdmin(fields: NewUser, now: Date): User {
    const user = User.register(fields, now);
    user.verifyEmail(now);
    user.#becomeAdmin(now);
    return user;
  }

  /**
   * The same over a registration that nobody has proven, whoever made it: the account is the administrator's now, and
   * what was handed out before is void, mailed links included.
   */
  appointInstead({ passwordHash, profile }: Pick<NewUser, 'passwordHash' | 'profile'>, now: Date): void {
    this.registerAgain(now);
    this.#state.securityEpoch += 1;
    this.confirmRegistration({ passwordHash, profile, consents: [], signedUpAt: now }, now);
    this.#becomeAdmin(now);
  }

  static restore(state: UserState): User {
    return new User({ ...state });
  }

  get id(): string {
    return this.#state.id;
  }

  get state(): Readonly<UserState> {
    return this.#state;
  }

  get emailVerified(): boolean {
    return this.#state.emailVerifiedAt !== null;
  }

  /**
   * Somebody registers an address that nobody has proven yet. Nothing of the account changes: who it is whose
   * registration counts, the owner of the address says by the link they open.
   */
  registerAgain(now: Date): void {
    this.record({ type: 'identity.registered', userId: this.id, occurredAt: now, data: { renewed: true } });
  }

  /**
   * The owner of the address came back with the token that was mailed for this registration: the account is as it says,
   * with its password, profile and decisions, and with nothing of any other.
   */
  confirmRegistration({ passwordHash, profile, consents, signedUpAt }: PendingRegistration, now: Date): void {
    this.#state.passwordHash = passwordHash;
    this.#state.passwordChangedAt = signedUpAt;
    this.#state.profile = profile;
    this.verifyEmail(now);
    for (const consent of consents) this.decideConsent(consent, now);
  }

  /** Says yes or no to one purpose, in the version of the text that was shown (GDPR Art. 7, PIPA Art. 15, 22). */
  decideConsent({ purpose, version, granted }: Consent, now: Date): void {
    const type = granted ? 'identity.consent_granted' : 'identity.consent_withdrawn';
    this.record({ type, userId: this.id, occurredAt: now, data: { purpose, version } });
  }

  /** The owner of the address came back with the mailed token. Doing it twice changes nothing. */
  verifyEmail(now: Date): void {
    if (this.emailVerified) return;
    this.#change(now);
    this.#state.emailVerifiedAt = now;
    this.record({ type: 'identity.email_verified', userId: this.id, occurredAt: now, data: {} });
  }

  /**
   * Changes what `changes` names and differs. `isExpected` guards against a lost update: it is asked about the
   * present version, and a no throws {@link UserChangedMeanwhile}.
   */
  updateProfile(changes: Partial<Profile>, isExpected: (version: number) => boolean, now: Date): void {
    if (!isExpected(this.#state.version)) throw new UserChangedMeanwhile();
    const { profile } = this.#state;
    const fields = (Object.keys(changes) as ProfileField[]).filter((name) => changes[name] !== profile[name]);
    if (fields.length === 0) return;
    this.#change(now);
    this.#state.profile = { ...profile, ...changes };
    this.record({ type: 'identity.profile_updated', userId: this.id, occurredAt: now, data: { fields } });
  }

  /** Everything that the old password opened is void, but for the session in which it is changed. */
  changePassword(passwordHash: string, sessionId: string, now: Date): void {
    this.#change(now);
    this.#state.passwordHash = passwordHash;
    this.#state.passwordChangedAt = now;
    this.#state.securityEpoch += 1;
    const data = { sessionId, securityEpoch: this.#state.securityEpoch };
    this.record({ type: 'identity.password_changed', userId: this.id, occurredAt: now, data });
  }

  /** Somebody asked for a link that sets a new password, and it is mailed. Nothing of the account changes. */
  requestPasswordReset(now: Date): void {
    this.record({ type: 'identity.password_reset_requested', userId: this.id, occurredAt: now, data: {} });
  }

  /**
   * The owner of the address set a password by the mailed link. Everything that was handed out before is void. Where
   * nobody had proven the address, the account was made by whoever knew of it: nothing of theirs stays.
   */
  resetPassword(passwordHash: string, now: Date): void {
    const firstProof = !this.emailVerified;
    this.verifyEmail(now);
    this.#change(now);
    this.#state.passwordHash = passwordHash;
    this.#state.passwordChangedAt = now;
    this.#state.securityEpoch += 1;
    if (firstProof) this.#state.profile = { ...this.#state.profile, displayName: null, phone: null };
    const data = { securityEpoch: this.#state.securityEpoch, firstProof };
    this.record({ type: 'identity.password_reset', userId: this.id, occurredAt: now, data });
  }

  /** The owner wishes for another address; nothing changes until it is proven. */
  requestEmailChange(to: Email, now: Date): void {
    const data = { from: this.#state.email.masked, to: to.masked };
    this.record({ type: 'identity.email_change_requested', userId: this.id, occurredAt: now, data });
  }

  /** The owner of the account proved that the new address is theirs as well. Sessions go on. */
  changeEmail(to: Email, now: Date): void {
    this.#moveTo(to, null, now);
  }

  /**
   * The owner of the address before takes the account back. Whoever changed it knew the password, so that opens nothing
   * any more, `passwordHash` being that of no password anybody knows; nor does anything else that was handed out.
   */
  undoEmailChange({ to, passwordHash, since }: UndoneChange, now: Date): void {
    this.#state.passwordHash = passwordHash;
    this.#state.passwordChangedAt = now;
    this.#state.securityEpoch += 1;
    this.#moveTo(to, since, now);
  }

  /** Makes room for somebody who proved the address, which nobody of this account ever did. */
  erase(now: Date): void {
    const data = { reason: 'address_proven_by_other' } as const;
    this.record({ type: 'identity.erased', userId: this.id, occurredAt: now, data });
  }

  #moveTo(to: Email, undoneSince: Date | null, now: Date): void {
    const data = { from: this.#state.email.masked, to: to.masked, undoneSince };
    this.#change(now);
    this.#state.email = to;
    this.#state.emailVerifiedAt = now;
    this.record({ type: 'identity.email_changed', userId: this.id, occurredAt: now, data });
  }

  #becomeAdmin(now: Date): void {
    this.#change(now);
    this.#state.roles = ['user', 'admin'];
    const data = { added: ['admin'], removed: [] };
    this.record({ type: 'identity.roles_changed', userId: this.id, occurredAt: now, data });
  }

  #change(now: Date): void {
    this.#state.version += 1;
    this.#state.updatedAt = now;
  }
}
