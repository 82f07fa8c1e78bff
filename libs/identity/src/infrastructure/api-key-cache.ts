import { timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';
import { isDatabaseUnavailable } from '#platform/persistence';

import { ApiKeyQueries } from '../application/api-key-ports.js';
import type { ApiKeyState } from '../domain/api-key.js';
import type { ApiKeyRefusal } from '../domain/api-key-events.js';
import { hashOf, readApiKey } from './api-key-text.js';

export type ApiKeyVerdict =
  | { readonly live: true; readonly keyId: string; readonly scopes: readonly string[] }
  | { readonly live: false; readonly keyId: string | null; readonly reason: ApiKeyRefusal };

// AK-03: a revoked key is refused within a second, by instances that hear of it from nobody as well. What is left of
// the second is for the request itself.
const FRESH_MS = 900;
/** Read anew from here on, while the old answer still counts: a busy key never waits. */
const AHEAD_MS = 450;
/** How old an answer may be while PostgreSQL cannot be asked (faults-and-slo.md, order of checks). */
const STALE_MS = 60_000;
/** How long a request waits for PostgreSQL when there is an older answer. */
const PATIENCE_MS = 300;
/** After a failed read: no other one for this long, while older answers serve. */
const REST_MS = 500;
const MOST = 1_000;

const UNKNOWN: ApiKeyVerdict = { live: false, keyId: null, reason: 'unknown' };

interface Entry {
  /** `null`: there is no such key. */
  state: ApiKeyState | null;
  /** When the read began that brought it, by the monotonic clock. */
  readAt: number;
  failedAt: number;
  reading: Reading | undefined;
}

interface Reading {
  readonly done: Promise<void>;
  /** Resolves when it is not worth waiting any longer. */
  readonly enough: Promise<void>;
}

/**
 * Which keys are good, as PostgreSQL said within the last second. The hit path asks nobody and makes no promise: one
 * SHA-256 and one comparison in constant time.
 */
@Injectable()
export class ApiKeyCache {
  // Strangers can make up prefixes without end; those must not drive out the keys that exist.
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();

  constructor(
    private readonly queries: ApiKeyQueries,
    private readonly clock: Clock,
  ) {}

  /** Rejects when PostgreSQL is needed and cannot be asked: that says nothing about the key. */
  verify(sent: string): ApiKeyVerdict | Promise<ApiKeyVerdict> {
    const key = readApiKey(sent);
    if (key === undefined) return UNKNOWN;
    const entry = this.entryOf(key.prefix);
    const now = performance.now();
    const age = now - entry.readAt;
    if (age < FRESH_MS) {
      if (age > AHEAD_MS && now - entry.failedAt > REST_MS) void this.read(key.prefix, entry);
      return this.judge(entry.state, key.secret);
    }
    if (isOfUse(entry, now) && now - entry.failedAt <= REST_MS) return this.judge(entry.state, key.secret);
    return this.readFor(key.prefix, entry).then(() => this.judge(entry.state, key.secret));
  }

  /** The id of a key that was found good within the last minute, without asking anybody; for counting its requests. */
  recentlyVerified(sent: string): string | undefined {
    const key = readApiKey(sent);
    const entry = key && this.#known.get(key.prefix);
    if (key === undefined || entry === undefined || !isOfUse(entry, performance.now())) return undefined;
    const verdict = this.judge(entry.state, key.secret);
    return verdict.live ? verdict.keyId : undefined;
  }

  private judge(state: ApiKeyState | null, secret: string): ApiKeyVerdict {
    if (state === null) return UNKNOWN;
    const { id: keyId, scopes } = state;
    if (!timingSafeEqual(hashOf(secret), state.secretHash)) return { live: false, keyId, reason: 'wrong_secret' };
    if (state.revokedAt !== null) return { live: false, keyId, reason: 'revoked' };
    if (state.expiresAt <= this.clock.now()) return { live: false, keyId, reason: 'expired' };
    return { live: true, keyId, scopes };
  }

  private entryOf(prefix: string): Entry {
    const found = this.#known.get(prefix) ?? this.#unknown.get(prefix);
    if (found !== undefined) return found;
    const entry = { state: null, readAt: -Infinity, failedAt: -Infinity, reading: undefined };
    keep(this.#unknown, prefix, entry);
    return entry;
  }

  private async readFor(prefix: string, entry: Entry): Promise<void> {
    const reading = this.read(prefix, entry);
    if (!isOfUse(entry, performance.now())) {
      await reading.done;
      return;
    }
    try {
      await Promise.race([reading.done, reading.enough]);
    } catch (error) {
      // The answer may have grown too old while PostgreSQL was failing.
      if (!isDatabaseUnavailable(error) || !isOfUse(entry, performance.now())) throw error;
    }
  }

  /** One read at a time for each key, however many requests want it. */
  private read(prefix: string, entry: Entry): Reading {
    if (entry.reading !== undefined) return entry.reading;
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        entry.failedAt = performance.now();
        resolve();
      }, PATIENCE_MS);
      timer.unref();
    });
    const done = this.queries
      .byPrefix(prefix)
      .then((state) => this.learn(prefix, entry, state, startedAt))
      .catch((error: unknown) => {
        entry.failedAt = performance.now();
        throw error;
      })
      .finally(() => {
        clearTimeout(timer);
        entry.reading = undefined;
      });
    // Nobody may be waiting for a read ahead of time.
    done.catch(() => undefined);
    entry.reading = { done, enough };
    return entry.reading;
  }

  private learn(prefix: string, entry: Entry, state: ApiKeyState | null, startedAt: number): void {
    entry.state = state;
    entry.readAt = startedAt;
    entry.failedAt = -Infinity;
    if (state !== null && !this.#known.has(prefix)) {
      this.#unknown.delete(prefix);
      keep(this.#known, prefix, entry);
    }
  }
}

function isOfUse({ state, readAt }: Entry, now: number): boolean {
  return state !== null && now - readAt <= STALE_MS;
}

/** The oldest makes room. */
function keep(entries: Map<string, Entry>, prefix: string, entry: Entry): void {
  const [oldest] = entries.size >= MOST ? entries.keys() : [];
  if (oldest !== undefined) entries.delete(oldest);
  entries.set(prefix, entry);
}
