import {
  SignInAttempts,
  type AddressAttempt,
  type AddressCounters,
  type AttemptTicket,
  type FailureRate,
  type ReservedAttempt,
  type SessionAttempt,
  type SignInSettings,
  type ThrottledAttempt,
  type VoidedFailures,
} from '../src/application/sign-in-attempts.js';
import type { StoredCredentials } from '../src/application/ports.js';
import type { Email } from '../src/domain/email.js';
import { signInName } from '../src/domain/sign-in-name.js';
import type { InMemoryUserQueries, InMemoryUserRepository } from './in-memory-users.js';

const MINUTE_MS = 60_000;
const UNSETTLED_MS = 10_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

interface Counter {
  attempts: number;
  failures: number;
  countedAt: number;
  expiresAt: number;
}

type Counters = Pick<AttemptTicket, 'guess' | 'total'>;

const keyOf = (...parts: string[]): Uint8Array => Buffer.from(JSON.stringify(parts));
const textOf = (key: Uint8Array): string => Buffer.from(key).toString();

/** Counters in a map; one step after the other, so that nothing happens between a question and its answer. */
export class InMemorySignInAttempts extends SignInAttempts {
  readonly #counters = new Map<string, Counter>();
  /** Addresses and places where their owners have proven them, and until when that counts. */
  readonly #returned = new Map<string, number>();
  /** Tokens of devices on which that user has signed in. */
  readonly devices = new Map<string, string>();

  constructor(
    private readonly users: InMemoryUserRepository,
    private readonly queries: InMemoryUserQueries,
    private readonly settings: SignInSettings,
  ) {
    super();
  }

  async reserve(attempt: AddressAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const { name, email, source } = attempt;
    const credentials = email && (await this.queries.credentialsOf(email));
    const known = credentials && this.#knownOf(credentials, attempt, now);
    const counters = known ?? this.#of('address', name, source ?? '');
    const ticket = { ...counters, source: known === null ? keyOf('source', source ?? '') : null, beside: null };
    return this.#admit({ ...ticket, isOwn: known !== null || email?.value === name }, credentials, now);
  }

  /** Counters apart, of a device or a place that are known to be the user's. */
  #knownOf({ profile }: StoredCredentials, { source, deviceToken }: AddressAttempt, now: Date): Counters | null {
    if (deviceToken !== null && profile.id === this.devices.get(deviceToken))
      return this.#of('device', deviceToken, '');
    const place = `${profile.email} ${source ?? ''}`;
    return (this.#returned.get(place) ?? 0) > now.getTime() ? this.#of('returned', place, '') : null;
  }

  async reserveInSession(attempt: SessionAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const credentials = await this.queries.credentialsOfId(attempt.userId);
    const name = credentials && signInName(credentials.profile.email, null);
    const userId = name === credentials?.profile.email ? attempt.userId : null;
    const mark = keyOf('void', name ?? '');
    const beside = name === null ? null : { ...this.#of('address', name, attempt.source ?? ''), userId, mark };
    const counters = this.#of('session', attempt.sessionId, '');
    return this.#admit({ ...counters, source: null, beside, isOwn: true }, credentials, now);
  }

  async succeeded({ guess, total, isOwn }: AttemptTicket): Promise<void> {
    for (const key of [guess, total]) {
      const counter = this.#at(key);
      if (isOwn) Object.assign(counter, { attempts: 0, failures: 0 });
      else counter.attempts = Math.max(counter.attempts - 1, counter.failures);
    }
  }

  async withdrawn({ guess, total }: AttemptTicket): Promise<void> {
    await this.succeeded({ guess, total, source: null, beside: null, isOwn: false });
  }

  async failed({ guess, total, beside }: AttemptTicket, now: Date): Promise<boolean> {
    for (const key of [guess, total]) this.#at(key).failures += 1;
    if (beside === null) return false;
    this.#count(beside.guess, this.#window, beside.userId, now).failures += 1;
    return this.#countBeside(beside, now);
  }

  async failedFrom({ source }: AttemptTicket, now: Date): Promise<FailureRate> {
    return source === null ? { isSpray: false, isAlarm: false } : this.#countRates(source, now);
  }

  async admitOwner(email: Email, source: string | null, now: Date): Promise<void> {
    this.#returned.set(`${email.value} ${source ?? ''}`, now.getTime() + this.settings.lockMinutes * MINUTE_MS);
  }

  async voidAll({ id, email }: { id: string; email: Email }, now: Date): Promise<VoidedFailures> {
    const name = signInName(email.value, email);
    const total = this.#at(this.#of('address', name, '').total);
    const count = this.#isAnew(total, id, now) ? 0 : total.attempts;
    for (const [key, counter] of this.#counters) {
      const [kind, , counted] = JSON.parse(key) as string[];
      if (kind === 'address' && counted === name) Object.assign(counter, { attempts: 0, failures: 0 });
    }
    return { count, wereEnough: count >= this.settings.failures };
  }

  #countBeside({ total, userId }: AddressCounters, now: Date): boolean {
    const counter = this.#at(total);
    if (!this.#isAnew(counter, userId, now) && counter.attempts >= this.settings.ceiling) return false;
    this.#count(total, DAY_MS, userId, now).failures += 1;
    this.#remember(counter, now);
    return counter.attempts === this.settings.ceiling;
  }

  #countRates(source: Uint8Array, now: Date): FailureRate {
    const stepOfAll = MINUTE_MS / this.settings.failuresPerMinute;
    const isAlarm = this.#move(keyOf('all'), stepOfAll, now) > MINUTE_MS - stepOfAll;
    const ahead = this.#move(source, isAlarm ? 2 * this.#window : this.#step, now);
    const limit = this.#window - this.#step;
    return { isSpray: ahead > limit && ahead - this.#step <= limit, isAlarm };
  }

  /** How far ahead of now it is then. */
  #move(key: Uint8Array, step: number, now: Date): number {
    const counter = this.#at(key);
    counter.expiresAt = Math.min(Math.max(counter.expiresAt, now.getTime()) + step, now.getTime() + 2 * this.#window);
    return counter.expiresAt - now.getTime();
  }

  #admit(ticket: AttemptTicket, credentials: StoredCredentials | null, now: Date): ReservedAttempt | ThrottledAttempt {
    const userId = credentials?.profile.id ?? null;
    return (
      this.#refusal(ticket, userId, now) ?? {
        outcome: 'reserved',
        credentials,
        ticket,
        ...this.#take(ticket, ticket.isOwn ? userId : null, now),
      }
    );
  }

  #refusal(ticket: AttemptTicket, userId: string | null, now: Date): ThrottledAttempt | null {
    const { source, guess, total, isOwn } = ticket;
    const owner = isOwn ? userId : null;
    const { failures: limit, ceiling } = this.settings;
    const refused = (by: ThrottledAttempt['by'], until: number): ThrottledAttempt => {
      const retryAfterSeconds = Math.max(1, Math.ceil((until - now.getTime()) / 1_000));
      return { outcome: 'throttled', userId, by, retryAfterSeconds, isUndecided: until === 0 };
    };
    const until = source === null ? 0 : this.#at(source).expiresAt - this.#window + this.#step;
    if (until > now.getTime()) return refused('source', until);
    const all = this.#at(total);
    if (!this.#isAnew(all, owner, now) && all.attempts >= ceiling) return refused('account', all.expiresAt);
    const guesses = this.#at(guess);
    if (this.#isAnew(guesses, owner, now) || guesses.attempts < limit) return null;
    const areAtWork = guesses.failures < limit && guesses.countedAt > now.getTime() - UNSETTLED_MS;
    return refused('guesses', areAtWork ? 0 : guesses.expiresAt);
  }

  #take({ guess, total }: AttemptTicket, userId: string | null, now: Date) {
    const { ceiling } = this.settings;
    const before = this.#at(total);
    const isAnew = this.#isAnew(before, userId, now);
    const failuresBefore = isAnew ? 0 : before.failures;
    const isUnlocked = isAnew && before.attempts >= ceiling;
    this.#count(guess, this.#window, userId, now);
    const counter = this.#count(total, DAY_MS, userId, now);
    this.#remember(counter, now);
    return { failuresBefore, isLast: counter.attempts >= ceiling, isUnlocked };
  }

  #remember(counter: Counter, now: Date): void {
    const { ceiling, lockMinutes } = this.settings;
    const long = 2 * counter.attempts >= ceiling ? 30 * DAY_MS : DAY_MS;
    counter.expiresAt = now.getTime() + (counter.attempts >= ceiling ? lockMinutes * MINUTE_MS : long);
  }

  #count(key: Uint8Array, length: number, userId: string | null, now: Date): Counter {
    const counter = this.#at(key);
    if (this.#isAnew(counter, userId, now)) {
      Object.assign(counter, { attempts: 0, failures: 0, expiresAt: now.getTime() + length });
    }
    counter.attempts += 1;
    counter.countedAt = now.getTime();
    return counter;
  }

  #isAnew(counter: Counter, userId: string | null, now: Date): boolean {
    const changed = userId === null ? undefined : this.users.users.get(userId)?.passwordChangedAt.getTime();
    const isOlder = changed !== undefined && changed <= now.getTime() && counter.countedAt < changed;
    return counter.attempts === 0 || counter.expiresAt <= now.getTime() || isOlder;
  }

  #at(key: Uint8Array): Counter {
    const name = textOf(key);
    const counter = this.#counters.get(name) ?? { attempts: 0, failures: 0, countedAt: 0, expiresAt: 0 };
    this.#counters.set(name, counter);
    return counter;
  }

  #of(kind: string, name: string, source: string): Counters {
    return { guess: keyOf(kind, 'guess', name, source), total: keyOf(kind, 'total', name) };
  }

  get #window(): number {
    return this.settings.windowMinutes * MINUTE_MS;
  }

  get #step(): number {
    return Math.ceil(this.#window / this.settings.failuresOfSource);
  }
}
