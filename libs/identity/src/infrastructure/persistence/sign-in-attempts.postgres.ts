import { Injectable } from '@nestjs/common';

import { BlindIndex, DataKeys } from '#platform/crypto';
import { clientSite } from '#platform/logging';
import { Database } from '#platform/persistence';

import {
  SignInAttempts,
  SignInSettings,
  type AddressAttempt,
  type AttemptTicket,
  type FailureCount,
  type ReservedAttempt,
  type SessionAttempt,
  type ThrottledAttempt,
} from '../../application/sign-in-attempts.js';
import { signInName } from '../../domain/sign-in-name.js';
import { hashOfDeviceToken } from './device-token.js';
import { credentialsFrom, type CredentialsRow } from './profile-row.js';
import {
  CLEAR,
  CONFIRM_FAILURE,
  FAIL_BESIDE,
  FAIL_RATES,
  RESERVE,
  RESERVE_IN_SESSION,
  TAKE_BACK,
} from './sign-in-statements.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
// Failures in a row are forgotten when nobody has tried for so long: unknown addresses would stay for ever.
const REMEMBERED_MS = 30 * 24 * 60 * MINUTE_MS;

type Counters = Pick<AttemptTicket, 'guess' | 'total'>;

/** `null` in all columns of the account when there is none. */
type Row = { readonly [Column in keyof CredentialsRow]: CredentialsRow[Column] | null } & {
  readonly known: boolean;
  /** Attempts in the two counters with this one; `null` where it was not admitted. */
  readonly guesses: number | null;
  readonly in_a_row: number | null;
  // What the counters were before; `null` where there were none.
  readonly guess_failures: number | null;
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
    const { name, email, deviceToken } = attempt;
    const address = this.countersOf('address', name, attempt.source);
    const device = this.countersOf('device', deviceToken ?? '', null);
    const source = this.sourceKey(attempt.source);
    const [row] = await this.database.change<Row>(RESERVE, [
      email === null ? null : this.blindIndex.of(email.value),
      ...this.reservation(address, now),
      ...[device.guess, device.total, deviceToken === null ? null : hashOfDeviceToken(deviceToken)],
      ...[source, this.sourceLimit(now)],
    ]);
    const known = row?.known === true;
    const isOwn = known || email?.value === name;
    const ticket = { ...(known ? device : address), source: known ? null : source, beside: null, isOwn };
    return this.outcome(row, ticket, now);
  }

  async reserveInSession(attempt: SessionAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt> {
    const session = this.countersOf('session', attempt.sessionId, null);
    const parameters = [attempt.userId, ...this.reservation(session, now)];
    const [row] = await this.database.change<Row>(RESERVE_IN_SESSION, parameters);
    const credentials = this.credentialsOf(row);
    // Whoever guesses with a stolen token must not get more guesses by trying them in two places.
    const name = credentials && signInName(credentials.profile.email, null);
    const beside = name === null ? null : this.countersOf('address', name, attempt.source);
    return this.outcome(row, { ...session, source: null, beside, isOwn: true }, now);
  }

  async succeeded({ guess, total, isOwn }: AttemptTicket): Promise<void> {
    await this.database.change(isOwn ? CLEAR : TAKE_BACK, [guess, total]);
  }

  async withdrawn({ guess, total }: AttemptTicket): Promise<void> {
    await this.database.change(TAKE_BACK, [guess, total]);
  }

  async failed({ guess, total, source, beside }: AttemptTicket, now: Date): Promise<FailureCount> {
    await this.database.change(CONFIRM_FAILURE, [guess, total]);
    const isLocked = beside !== null && (await this.countBeside(beside, now));
    if (source === null) return { isSpray: false, isAlarm: false, isLocked };
    return { ...(await this.countRates(source, now)), isLocked };
  }

  /** Whether this failure locks the address. */
  private async countBeside({ guess, total }: Counters, now: Date): Promise<boolean> {
    const { ceiling, lockMinutes } = this.settings;
    const rows = await this.database.change<{ in_a_row: number | null }>(FAIL_BESIDE, [
      ...[guess, total, now, after(now, this.#windowMs), after(now, REMEMBERED_MS)],
      ...[ceiling, after(now, lockMinutes * MINUTE_MS)],
    ]);
    return rows.some((row) => row.in_a_row === ceiling);
  }

  private async countRates(source: Uint8Array, now: Date): Promise<Omit<FailureCount, 'isLocked'>> {
    const serviceStepMs = Math.ceil(MINUTE_MS / this.settings.failuresPerMinute);
    const [row] = await this.database.change<{ alarm: boolean; until: Date }>(FAIL_RATES, [
      ...[this.blindIndex.of('sign-in of all'), source, now],
      ...[serviceStepMs, this.#stepMs, 2 * this.#windowMs, MINUTE_MS - serviceStepMs, 2 * this.#windowMs],
    ]);
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
    const haveFailed = (row.guess_failures ?? 0) >= this.settings.failures;
    if (!haveFailed) return { ...refused, by: 'guesses', retryAfterSeconds: 1, isUndecided: true };
    return { ...refused, by: 'guesses', retryAfterSeconds: inSeconds(row.guess_until) };
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

  private countersOf(kind: 'address' | 'device' | 'session', name: string, source: string | null): Counters {
    const of = (...parts: string[]): Buffer => this.blindIndex.of(JSON.stringify(['sign-in', kind, ...parts]));
    const guess = kind === 'address' ? of('guess', name, siteOf(source)) : of('guess', name);
    return { guess, total: of('total', name) };
  }

  private sourceKey(source: string | null): Buffer {
    return this.blindIndex.of(JSON.stringify(['sign-in', 'source', siteOf(source)]));
  }
}

const siteOf = (source: string | null): string => (source === null ? '' : clientSite(source));
