import { Injectable } from '@nestjs/common';

import { BlindIndex, DataKeys } from '#platform/crypto';
import { clientSite } from '#platform/logging';
import { Database, databaseErrorCode, SQLSTATE } from '#platform/persistence';

import {
  SignInAttempts,
  SignInSettings,
  type AddressAttempt,
  type AddressCounters,
  type AttemptTicket,
  type FailureRate,
  type ReservedAttempt,
  type SessionAttempt,
  type ThrottledAttempt,
  type VoidedFailures,
} from '../../application/sign-in-attempts.js';
import type { Email } from '../../domain/email.js';
import { signInName } from '../../domain/sign-in-name.js';
import { hashOfDeviceToken } from './device-token.js';
import { credentialsFrom, type CredentialsRow } from './profile-row.js';
import {
  CLEAR,
  CONFIRM_FAILURE,
  COUNTED,
  FAIL_BESIDE,
  FAIL_RATES,
  FAIL_SOURCE,
  RESERVE,
  RESERVE_IN_SESSION,
  SET_MARK,
  TAKE_BACK,
} from './sign-in-statements.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
// Failures in a row are forgotten when nobody has tried for so long, unless they have come half way to the lock.
const REMEMBERED_MS = 24 * 60 * MINUTE_MS;
// No count is remembered for longer.
const VOID_MS = 31 * 24 * 60 * MINUTE_MS;
// An attempt that was reserved and has not been settled since was cut off: a hash waits and works for less.
const UNSETTLED_MS = 10 * SECOND_MS;

/** What an attempt counts on: an address, a known device, a session, or a place where the owner has proven the address. */
type Kind = 'address' | 'device' | 'session' | 'returned';

interface RatesRow {
  readonly alarm: boolean;
  readonly until: Date;
}

type Counters = Pick<AttemptTicket, 'guess' | 'total'>;

/** `null` in all columns of the account when there is none. */
type Row = { readonly [Column in keyof CredentialsRow]: CredentialsRow[Column] | null } & {
  readonly known: boolean;
  readonly guess: Buffer;
  readonly total: Buffer;
  /** Attempts in the two counters with this one; `null` where it was not admitted. */
  readonly guesses: number | null;
  readonly in_a_row: number | null;
  // What the counters were before; `null` where there were none.
  readonly guess_failures: number | null;
  readonly guess_at: Date | null;
  readonly guess_until: Date | null;
  readonly total_attempts: number | null;
  readonly total_until: Date | null;
  readonly failures: number;
  readonly source_until: Date | null;
};

const after = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);

@Injectable()
export class PostgresSignInAttempts extends SignInAttempts {
  readonly #windowMs: number;
  /** How far one failure moves a source on. */
  readonly #stepMs: number;

  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly blindIndex: BlindIndex,
    private readonly settings: SignInSettings,
  ) {
    super();
    this.#windowMs = settings.windowMinutes * MINUTE_MS;
    this.#stepMs = Math.ceil(this.#windowMs / settings.failuresOfSource);
  }

  async reserve(attempt: AddressAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const { name, email } = attempt;
    const source = this.sourceKey(attempt.source);
    const isName = email?.value === name;
    const [row] = await this.database.change<Row>(RESERVE, [
      email === null ? null : this.blindIndex.of(email.value),
      ...this.reservation(this.countersOf('address', name, attempt.source), now),
      ...this.deviceOf(attempt),
      ...[source, this.sourceLimit(now)],
      ...this.returnTo(email?.value ?? '', attempt.source),
      ...[this.voidMark(name), isName],
    ]);
    if (row === undefined) throw new Error('Reserving an attempt answered with nothing');
    const { known, guess, total } = row;
    const isOwn = known || isName;
    return this.outcome(row, { guess, total, source: known ? null : source, beside: null, isOwn }, now);
  }

  async admitOwner(email: Email, source: string | null, now: Date): Promise<void> {
    const until = after(now, this.settings.lockMinutes * MINUTE_MS);
    await this.database.query(SET_MARK, [this.returnMark(email.value, source), now, until]);
  }

  async voidAll({ id, email }: { id: string; email: Email }, now: Date): Promise<VoidedFailures> {
    const name = signInName(email.value, email);
    const { guess, total } = this.countersOf('address', name, null);
    const mark = this.voidMark(name);
    const [counted] = await this.database.query<{ attempts: number }>(COUNTED, [total, now, id, mark]);
    await this.database.query(SET_MARK, [mark, now, after(now, VOID_MS)]);
    await this.database.query(CLEAR, [guess, total]);
    const count = counted?.attempts ?? 0;
    return { count, wereEnough: count >= Math.min(this.settings.failures, this.settings.ceiling) };
  }

  async reserveInSession(attempt: SessionAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const session = this.countersOf('session', attempt.sessionId, null);
    const parameters = [attempt.userId, ...this.reservation(session, now)];
    const [row] = await this.database.change<Row>(RESERVE_IN_SESSION, parameters);
    const credentials = this.credentialsOf(row);
    // Whoever guesses with a stolen token must not get more guesses by trying them in two places.
    const name = credentials && signInName(credentials.profile.email, null);
    const userId = name === credentials?.profile.email ? attempt.userId : null;
    const beside =
      name === null ? null : { ...this.countersOf('address', name, attempt.source), userId, mark: this.voidMark(name) };
    return this.outcome(row, { ...session, source: null, beside, isOwn: true }, now);
  }

  async succeeded({ guess, total, isOwn }: AttemptTicket): Promise<void> {
    await this.database.change(isOwn ? CLEAR : TAKE_BACK, [guess, total]);
  }

  async withdrawn({ guess, total }: AttemptTicket): Promise<void> {
    await this.database.change(TAKE_BACK, [guess, total]);
  }

  async failed({ guess, total, beside }: AttemptTicket, now: Date): Promise<boolean> {
    await this.database.change(CONFIRM_FAILURE, [guess, total]);
    return beside !== null && this.countBeside(beside, now);
  }

  async failedFrom({ source }: AttemptTicket, now: Date): Promise<FailureRate> {
    return source === null ? { isSpray: false, isAlarm: false } : this.countRates(source, now);
  }

  /** Whether this failure locks the address. */
  private async countBeside({ guess, total, userId, mark }: AddressCounters, now: Date): Promise<boolean> {
    const { ceiling, lockMinutes } = this.settings;
    const rows = await this.database.change<{ in_a_row: number | null }>(FAIL_BESIDE, [
      ...[guess, now, total, after(now, this.#windowMs), after(now, REMEMBERED_MS)],
      ...[ceiling, after(now, lockMinutes * MINUTE_MS), userId, mark],
    ]);
    return rows.some((row) => row.in_a_row === ceiling);
  }

  private async countRates(source: Uint8Array, now: Date): Promise<FailureRate> {
    const serviceStepMs = Math.ceil(MINUTE_MS / this.settings.failuresPerMinute);
    const ofSource = [source, now, 2 * this.#windowMs, this.#stepMs];
    const ofAll = this.blindIndex.of('sign-in of all');
    const inAlarm = [2 * this.#windowMs, MINUTE_MS - serviceStepMs];
    const [row] = await this.database
      .change<RatesRow>(FAIL_RATES, [...ofSource, ofAll, serviceStepMs, ...inAlarm])
      // Every failure moves that one row: in a storm of them the wait for it may be too long.
      .catch((error: unknown) => {
        if (databaseErrorCode(error) !== SQLSTATE.lockNotAvailable) throw error;
        return this.database.change<RatesRow>(FAIL_SOURCE, [...ofSource, ofAll, ...inAlarm]);
      });
    const until = row?.until.getTime() ?? 0;
    const limit = this.sourceLimit(now).getTime();
    return { isSpray: until > limit && until - this.#stepMs <= limit, isAlarm: row?.alarm === true };
  }

  private outcome(row: Row | undefined, ticket: AttemptTicket, now: Date): ReservedAttempt | ThrottledAttempt {
    if (row === undefined) throw new Error('Reserving an attempt answered with nothing');
    if (row.guesses === null || row.in_a_row === null) return this.refusal(row, now);
    const { ceiling } = this.settings;
    return {
      outcome: 'reserved',
      credentials: this.credentialsOf(row),
      ticket,
      failuresBefore: row.failures,
      isLast: row.in_a_row >= ceiling,
      isUnlocked: row.in_a_row === 1 && (row.total_attempts ?? 0) >= ceiling,
    };
  }

  private refusal(row: Row, now: Date): ThrottledAttempt {
    const refused = { outcome: 'throttled', userId: row.id, isUndecided: false } as const;
    const inSeconds = (until: Date | null): number =>
      until === null ? 1 : Math.max(1, Math.ceil((until.getTime() - now.getTime()) / SECOND_MS));
    const isFull = (row.total_attempts ?? 0) >= this.settings.ceiling;
    const isLocked = isFull && row.total_until !== null && row.total_until > now;
    if (row.guesses !== null || isLocked)
      return { ...refused, by: 'account', retryAfterSeconds: inSeconds(row.total_until) };
    if (!row.known && row.source_until !== null) {
      const ahead = this.sourceLimit(now).getTime() - now.getTime();
      return { ...refused, by: 'source', retryAfterSeconds: inSeconds(after(row.source_until, -ahead)) };
    }
    // While some are still being verified, it is not known yet that all have failed.
    if (this.areAtWork(row, now)) return { ...refused, by: 'guesses', retryAfterSeconds: 1, isUndecided: true };
    return { ...refused, by: 'guesses', retryAfterSeconds: inSeconds(row.guess_until) };
  }

  private areAtWork({ guess_failures: failures, guess_at: latest }: Row, now: Date): boolean {
    if ((failures ?? 0) >= this.settings.failures) return false;
    // A counter that began while this was asked is not seen yet.
    return latest === null || latest > after(now, -UNSETTLED_MS);
  }

  private deviceOf({ deviceToken }: AddressAttempt): unknown[] {
    const { guess, total } = this.countersOf('device', deviceToken ?? '', null);
    return [guess, total, deviceToken === null ? null : hashOfDeviceToken(deviceToken)];
  }

  private returnTo(address: string, source: string | null): unknown[] {
    const { guess, total } = this.countersOf('returned', address, source);
    return [this.returnMark(address, source), guess, total];
  }

  private credentialsOf(row: Row | undefined): ReservedAttempt['credentials'] {
    return row === undefined || row.id === null ? null : credentialsFrom(row as CredentialsRow, this.dataKeys);
  }

  private reservation({ guess, total }: Counters, now: Date): unknown[] {
    const { failures, ceiling, lockMinutes } = this.settings;
    return [
      ...[now, guess, total, failures, after(now, this.#windowMs)],
      ...[ceiling, after(now, REMEMBERED_MS), after(now, lockMinutes * MINUTE_MS)],
    ];
  }

  /** A source that is further ahead than this has used up what it may fail. */
  private sourceLimit(now: Date): Date {
    return after(now, this.#windowMs - this.#stepMs);
  }

  private countersOf(kind: Kind, name: string, source: string | null): Counters {
    const places: Readonly<Record<Kind, [guess: string[], total: string[]]>> = {
      address: [[siteOf(source)], []],
      device: [[], []],
      session: [[], []],
      returned: [[siteOf(source)], [siteOf(source)]],
    };
    const [guess, total] = places[kind];
    return { guess: this.key(kind, 'guess', name, ...guess), total: this.key(kind, 'total', name, ...total) };
  }

  private sourceKey(source: string | null): Buffer {
    return this.key('source', siteOf(source));
  }

  private returnMark(address: string, source: string | null): Buffer {
    return this.key('returned', 'mark', address, siteOf(source));
  }

  private voidMark(name: string): Buffer {
    return this.key('void', name);
  }

  private key(...parts: string[]): Buffer {
    return this.blindIndex.of(JSON.stringify(['sign-in', ...parts]));
  }
}

const siteOf = (source: string | null): string => (source === null ? '' : clientSite(source));
