import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import type { Imported } from '../domain/import-events.js';
import type { UserState } from '../domain/user.js';
import { LegacyLines, LineRefused, type LegacyUser } from './legacy-line.js';
import { PasswordHasher } from './ports.js';

/** A line of an export, and where it stands in it. */
export interface LegacyLine {
  readonly number: number;
  /** `null` when it was too long to be looked at. */
  readonly text: string | null;
}

export type LineOutcome = 'imported' | 'present' | { readonly refused: string };

/** What is stored of a line. */
export interface ImportedUser {
  readonly state: UserState;
  /** The line as it was written: the same one again is no other user. */
  readonly line: string;
}

/** What is known already of the users of some lines. */
export type Standing = 'free' | 'present' | 'imported_differently' | 'address_taken' | 'id_taken';

/** Many at once, because a round trip for each would take hours. */
export abstract class UserImports {
  /** In the order of the users; asks about nothing that is sealed. */
  abstract standingOf(users: readonly ImportedUser[]): Promise<readonly Standing[]>;
  /** Stores those that are still free, each with its key, and returns their ids. Inside of a unit of work. */
  abstract add(users: readonly ImportedUser[], now: Date): Promise<ReadonlySet<string>>;
  /** Removes whoever registered the address here and never proved it. Inside of a unit of work. */
  abstract makeRoom(users: readonly ImportedUser[], now: Date): Promise<void>;
}

/** Keeps what users can prove themselves by beside a password; bound by the context that knows second factors. */
export abstract class ImportedFactors {
  /** Of an authenticator app that is in use. Inside of a unit of work, after its user was stored. */
  abstract addTotp(userId: string, secret: Uint8Array, at: Date): Promise<void>;
}

/** The parts that decide about a line. */
@Injectable()
export class ImportRules {
  #unknown: Promise<string> | undefined;

  constructor(
    private readonly lines: LegacyLines,
    private readonly hasher: PasswordHasher,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /** Throws `LineRefused`. */
  read({ text }: LegacyLine): LegacyUser {
    if (text === null) throw new LineRefused('line_too_long');
    return this.lines.read(text);
  }

  async stateOf(user: LegacyUser, now: Date): Promise<UserState> {
    // A password of tomorrow would count as newer than every attempt to guess it.
    if ([user.createdAt, user.passwordChangedAt].some((at) => at !== null && at > now)) {
      throw new LineRefused('time_in_future');
    }
    const createdAt = user.createdAt ?? now;
    return {
      id: user.id ?? this.ids.uuid(),
      email: user.email,
      emailVerifiedAt: user.emailVerified ? createdAt : null,
      // One password for all who had none there, and nobody knows it: they set their own by a mailed link.
      passwordHash: user.passwordHash ?? (await (this.#unknown ??= this.hasher.hash(this.ids.secret()))),
      passwordChangedAt: user.passwordChangedAt ?? createdAt,
      status: user.status,
      roles: user.roles,
      profile: user.profile,
      securityEpoch: 1,
      version: 1,
      mfaEnabled: user.totpSecret !== null,
      createdAt,
      updatedAt: now,
    };
  }
}

interface Candidate extends ImportedUser {
  readonly at: number;
  readonly totpSecret: Uint8Array | null;
}

/**
 * Moves users of the service before here, a batch of lines in one transaction: a run that is cut off begins anew and
 * finds those that are here already. Whoever proved an address there goes before whoever only registered it here.
 */
@Injectable()
export class ImportUsers {
  constructor(
    private readonly rules: ImportRules,
    private readonly imports: UserImports,
    private readonly factors: ImportedFactors,
    private readonly uow: UnitOfWork,
  ) {}

  /** One outcome for each line. `dryRun` stores nothing. */
  async execute(lines: readonly LegacyLine[], dryRun: boolean): Promise<LineOutcome[]> {
    const outcomes: LineOutcome[] = lines.map(() => 'imported');
    const now = this.rules.now();
    const candidates = await this.candidatesOf(lines, outcomes, now);
    const standing = await this.imports.standingOf(candidates);
    const free = candidates.filter(({ at }, n) => {
      const found = standing[n] ?? 'free';
      if (found !== 'free') outcomes[at] = found === 'present' ? found : { refused: found };
      return found === 'free';
    });
    if (dryRun || free.length === 0) return outcomes;
    const added = await this.uow.run(() => this.store(free, now));
    // Somebody came first between the look and the insert: the next run says who.
    for (const { at, state } of free) if (!added.has(state.id)) outcomes[at] = { refused: 'changed_meanwhile' };
    return outcomes;
  }

  private async candidatesOf(lines: readonly LegacyLine[], outcomes: LineOutcome[], now: Date): Promise<Candidate[]> {
    const seen = new Map<string, string>();
    const candidates: Candidate[] = [];
    for (const [at, line] of lines.entries()) {
      try {
        const user = this.rules.read(line);
        const text = line.text ?? '';
        const before = seen.get(user.email.value) ?? (user.id === null ? undefined : seen.get(user.id));
        if (before !== undefined) {
          outcomes[at] = before === text ? 'present' : { refused: 'duplicate_in_file' };
          continue;
        }
        seen.set(user.email.value, text);
        if (user.id !== null) seen.set(user.id, text);
        const state = await this.rules.stateOf(user, now);
        candidates.push({ at, line: text, state, totpSecret: user.totpSecret });
      } catch (error) {
        if (!(error instanceof LineRefused)) throw error;
        outcomes[at] = { refused: error.reason };
      }
    }
    return candidates;
  }

  private async store(free: readonly Candidate[], now: Date): Promise<ReadonlySet<string>> {
    await this.imports.makeRoom(
      free.filter(({ state }) => state.emailVerifiedAt !== null),
      now,
    );
    const added = await this.imports.add(free, now);
    for (const { state, totpSecret } of free) {
      if (!added.has(state.id)) continue;
      if (totpSecret !== null) await this.factors.addTotp(state.id, totpSecret, state.createdAt);
      this.uow.record(eventOf(state, now));
    }
    return added;
  }
}

function eventOf({ id, roles, emailVerifiedAt, mfaEnabled }: UserState, now: Date): Imported {
  const data = { roles, verified: emailVerifiedAt !== null, secondFactor: mfaEnabled };
  return { type: 'identity.imported', userId: id, occurredAt: now, data };
}
