import {
  SignInAttempts,
  type AddressAttempt,
  type AttemptTicket,
  type FailureCount,
  type ReservedAttempt,
  type SessionAttempt,
  type SignInSettings,
  type ThrottledAttempt,
} from '../src/application/sign-in-attempts.js';
import type { StoredCredentials } from '../src/application/ports.js';
import { signInName } from '../src/domain/sign-in-name.js';
import type { InMemoryUserQueries, InMemoryUserRepository } from './in-memory-users.js';

const MINUTE_MS = 60_000;
const MONTH_MS = 30 * 24 * 60 * MINUTE_MS;

interface Counter {
  attempts: number;
  failures: number;
  countedAt: number;
  expiresAt: number;
}

const keyOf = (...parts: string[]): Uint8Array => Buffer.from(JSON.stringify(parts));
const textOf = (key: Uint8Array): string => Buffer.from(key).toString();

/** Counters in a map; one step after the other, so that nothing happens between a question and its answer. */
export class InMemorySignInAttempts extends SignInAttempts {
  readonly #counters = new Map<string, Counter>();
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
    const { name, email, source, deviceToken } = attempt;
    const credentials = email && (await this.queries.credentialsOf(email));
    const isKnown = deviceToken !== null && credentials?.profile.id === this.devices.get(deviceToken);
    const counters = isKnown ? this.#of('device', deviceToken, '') : this.#of('address', name, source ?? '');
    const ticket = { ...counters, source: isKnown ? null : keyOf('source', source ?? ''), beside: null };
    return this.#admit({ ...ticket, isOwn: isKnown || email?.value === name }, credentials, now);
  }

  async reserveInSession(attempt: SessionAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const credentials = await this.queries.credentialsOfId(attempt.userId);
    const name = credentials && signInName(credentials.profile.email, null);
    const beside = name === null ? null : this.#of('address', name, attempt.source ?? '');
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

  async failed({ guess, total, source, beside }: AttemptTicket, now: Date): Promise<FailureCount> {
    for (const key of [guess, total]) this.#at(key).failures += 1;
    if (beside !== null) {
      this.#count(beside.guess, this.#window, null, now).failures += 1;
    }
    const isLocked = beside !== null && this.#countBeside(beside.total, now);
    if (source === null) return { isSpray: false, isAlarm: false, isLocked };
    return { ...this.#countRates(source, now), isLocked };
  }

  #countBeside(key: Uint8Array, now: Date): boolean {
    const { ceiling, lockMinutes } = this.settings;
    const counter = this.#at(key);
    if (!this.#isAnew(counter, null, now) && counter.attempts >= ceiling) return false;
    this.#count(key, MONTH_MS, null, now).failures += 1;
    counter.expiresAt = now.getTime() + (counter.attempts >= ceiling ? lockMinutes * MINUTE_MS : MONTH_MS);
    return counter.attempts === ceiling;
  }

  #countRates(source: Uint8Array, now: Date): Omit<FailureCount, 'isLocked'> {
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
        ...this.#take(ticket, userId, now),
      }
    );
  }

  #refusal({ source, guess, total }: AttemptTicket, userId: string | null, now: Date): ThrottledAttempt | null {
    const { failures: limit, ceiling } = this.settings;
    const refused = (by: ThrottledAttempt['by'], until: number): ThrottledAttempt => {
      const retryAfterSeconds = Math.max(1, Math.ceil((until - now.getTime()) / 1_000));
      return { outcome: 'throttled', userId, by, retryAfterSeconds, isUndecided: until === 0 };
    };
    const until = source === null ? 0 : this.#at(source).expiresAt - this.#window + this.#step;
    if (until > now.getTime()) return refused('source', until);
    const all = this.#at(total);
    if (!this.#isAnew(all, userId, now) && all.attempts >= ceiling) return refused('account', all.expiresAt);
    const guesses = this.#at(guess);
    if (this.#isAnew(guesses, userId, now) || guesses.attempts < limit) return null;
    return refused('guesses', guesses.failures < limit ? 0 : guesses.expiresAt);
  }

  #take({ guess, total }: AttemptTicket, userId: string | null, now: Date) {
    const { ceiling, lockMinutes } = this.settings;
    const before = this.#at(total);
    const isAnew = this.#isAnew(before, userId, now);
    const failuresBefore = isAnew ? 0 : before.failures;
    const isUnlocked = isAnew && before.attempts >= ceiling;
    this.#count(guess, this.#window, userId, now);
    const { attempts } = this.#count(total, MONTH_MS, userId, now);
    const isLast = attempts >= ceiling;
    this.#at(total).expiresAt = now.getTime() + (isLast ? lockMinutes * MINUTE_MS : MONTH_MS);
    return { failuresBefore, isLast, isUnlocked };
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

  #of(kind: string, name: string, source: string): Pick<AttemptTicket, 'guess' | 'total'> {
    return { guess: keyOf(kind, 'guess', name, source), total: keyOf(kind, 'total', name) };
  }

  get #window(): number {
    return this.settings.windowMinutes * MINUTE_MS;
  }

  get #step(): number {
    return Math.ceil(this.#window / this.settings.failuresOfSource);
  }
}
