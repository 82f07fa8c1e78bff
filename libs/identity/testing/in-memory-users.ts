import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  UserQueries,
  UserRepository,
  type StoredAccount,
  type StoredCredentials,
  type UserProfile,
} from '../src/application/ports.js';
import type { Email } from '../src/domain/email.js';
import { AddressTakenMeanwhile, UserNotFound } from '../src/domain/errors.js';
import { User, type Consent, type UserState } from '../src/domain/user.js';

const HOUR_MS = 3_600_000;

export interface StoredConsent extends Consent {
  readonly userId: string;
  readonly decidedAt: Date;
}

export class InMemoryUserRepository extends UserRepository {
  readonly users: InMemoryTable<Readonly<UserState>>;
  readonly #notices: InMemoryTable<Date>;
  readonly #consents: InMemoryTable<StoredConsent>;

  #decisions = 0;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    this.users = new InMemoryTable(uow);
    this.#notices = new InMemoryTable(uow);
    this.#consents = new InMemoryTable(uow);
  }

  get consents(): StoredConsent[] {
    return this.#consents.all();
  }

  async add(user: User): Promise<boolean> {
    this.uow.assertActive();
    if (this.#byEmail(user.state.email) !== undefined || !this.users.insert(user.id, { ...user.state })) return false;
    this.uow.record(...user.pullEvents());
    return true;
  }

  async findByEmailForUpdate(email: Email): Promise<User | null> {
    this.uow.assertActive();
    const state = this.#byEmail(email);
    return state === undefined ? null : User.restore(state);
  }

  async findForUpdate(id: string): Promise<User | null> {
    this.uow.assertActive();
    const state = this.users.get(id);
    return state === undefined ? null : User.restore(state);
  }

  async save(user: User): Promise<void> {
    const events = user.pullEvents();
    if (events.length === 0) return;
    const holder = this.#byEmail(user.state.email);
    if (holder !== undefined && holder.id !== user.id) throw new AddressTakenMeanwhile();
    this.users.put(user.id, { ...user.state });
    this.uow.record(...events);
  }

  async remove(user: User): Promise<void> {
    this.users.remove(user.id);
    this.uow.record(...user.pullEvents());
  }

  async replaceHash(id: string, hash: string, next: string): Promise<boolean> {
    this.uow.assertActive();
    const state = this.users.get(id);
    if (state?.passwordHash !== hash) return false;
    this.users.put(id, { ...state, passwordHash: next });
    return true;
  }

  async claimNotice(id: string, now: Date): Promise<boolean> {
    const last = this.#notices.get(id);
    if (last !== undefined && last.getTime() > now.getTime() - HOUR_MS) return false;
    this.#notices.put(id, now);
    return true;
  }

  async lockSecondFactor(id: string): Promise<boolean | null> {
    this.uow.assertActive();
    return this.users.get(id)?.mfaEnabled ?? null;
  }

  async setSecondFactor(id: string, enabled: boolean, now: Date): Promise<number> {
    const state = this.users.get(id);
    if (state === undefined) throw new UserNotFound();
    const securityEpoch = state.securityEpoch + (enabled && !state.mfaEnabled ? 1 : 0);
    this.users.put(id, { ...state, mfaEnabled: enabled, securityEpoch, version: state.version + 1, updatedAt: now });
    return securityEpoch;
  }

  async addConsents(userId: string, consents: readonly Consent[], now: Date): Promise<void> {
    for (const consent of consents) {
      this.#consents.put(String((this.#decisions += 1)), { ...consent, userId, decidedAt: now });
    }
  }

  async discardConsents(userId: string): Promise<void> {
    this.uow.assertActive();
    for (const [key, consent] of this.#consents.entries()) {
      if (consent.userId === userId) this.#consents.remove(key);
    }
  }

  #byEmail(email: Email): Readonly<UserState> | undefined {
    return this.users.all().find((state) => state.email.value === email.value);
  }
}

export class InMemoryUserQueries extends UserQueries {
  constructor(private readonly repository: InMemoryUserRepository) {
    super();
  }

  async profileOf(userId: string): Promise<UserProfile | null> {
    const state = this.repository.users.get(userId);
    return state === undefined ? null : profileFrom(state);
  }

  async idOf(by: { readonly id: string } | { readonly email: Email }): Promise<string | null> {
    const found = this.repository.users
      .all()
      .find(({ id, email }) => ('id' in by ? id === by.id : email.value === by.email.value));
    return found?.id ?? null;
  }

  async credentialsOf(email: Email): Promise<StoredCredentials | null> {
    const state = this.repository.users.all().find((each) => each.email.value === email.value);
    if (state === undefined) return null;
    const { passwordHash, securityEpoch } = state;
    return { profile: profileFrom(state), passwordHash, securityEpoch };
  }

  async credentialsOfId(userId: string): Promise<StoredCredentials | null> {
    const state = this.repository.users.get(userId);
    if (state === undefined) return null;
    const { passwordHash, securityEpoch } = state;
    return { profile: profileFrom(state), passwordHash, securityEpoch };
  }

  remembered(): null {
    return null;
  }

  async accountOf(userId: string): Promise<StoredAccount | null> {
    const state = this.repository.users.get(userId);
    return state === undefined ? null : { profile: profileFrom(state), securityEpoch: state.securityEpoch };
  }

  async holdEpoch(userId: string, securityEpoch: number): Promise<boolean> {
    const state = this.repository.users.get(userId);
    return state?.status === 'active' && state.securityEpoch === securityEpoch;
  }
}

function profileFrom(state: Readonly<UserState>): UserProfile {
  const { id, email, emailVerifiedAt, profile, roles, mfaEnabled, status, createdAt, updatedAt, version } = state;
  const verified = { email: email.value, emailVerified: emailVerifiedAt !== null };
  return { id, ...verified, ...profile, roles, mfaEnabled, status, createdAt, updatedAt, version };
}
