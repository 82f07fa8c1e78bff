import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Clock } from '#kernel';

import { SessionLiveness, SessionSettings, type SessionStanding } from '../../application/ports.js';
import { SessionStateUnavailable } from '../../domain/errors.js';
import { ACTIVITY_GRAIN_MS } from '../../domain/idle-limit.js';
import { PostgresSessionActivity } from './session-activity.postgres.js';
import { endedSnapshot, isEnd, standingAt, type SessionSnapshot } from './session-snapshot.js';
import { PostgresSessionStates } from './session-states.postgres.js';
import { RedisSessionStates } from './session-states.redis.js';

// A session that somebody else ended is refused within this time, whatever happens to the message that tells of it.
const FRESH_MS = 1_000;
// From then on it is read anew while it is still good, so that nobody waits for the reading.
const RENEW_MS = 600;
// For how long a state counts when PostgreSQL does not answer (faults-and-slo.md).
const USABLE_MS = 60_000;
// About 10 MB. Whoever was read least recently goes first.
const MOST_ENTRIES = 20_000;

interface Entry {
  readonly snapshot: SessionSnapshot;
  /** The answer in nearly all cases, made once. */
  readonly live: SessionStanding;
  /** Monotonic, in milliseconds. */
  readonly readAt: number;
  /** The clock's time in milliseconds, 0 when this process has not seen it used. */
  lastUsed: number;
  /** The last use that is stored, or about to be. */
  lastNoted: number;
}

/**
 * The state of sessions: in this process for a second, else from Redis when somebody has asked within that second, else
 * from PostgreSQL. So what is believed is never older than a second while PostgreSQL answers, in whatever state Redis
 * is; messages over Redis only make it faster. When PostgreSQL does not answer, the newest state that anybody has
 * counts for a minute; after that nobody knows. Nor does anybody when Redis does not answer either.
 */
@Injectable()
export class CachedSessionLiveness extends SessionLiveness implements OnModuleInit {
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<Entry>>();

  constructor(
    private readonly states: PostgresSessionStates,
    private readonly shared: RedisSessionStates,
    private readonly activity: PostgresSessionActivity,
    private readonly settings: SessionSettings,
    private readonly clock: Clock,
  ) {
    super();
  }

  onModuleInit(): void {
    this.shared.onEnded((sessionId) => {
      this.changed(sessionId);
    });
  }

  standingOf(sessionId: string, now: Date): SessionStanding | Promise<SessionStanding> {
    const entry = this.#entries.get(sessionId);
    if (entry !== undefined) {
      const age = performance.now() - entry.readAt;
      if (isEnd(entry.snapshot) || age < FRESH_MS) {
        const state = this.stateOf(entry, now.getTime());
        // Another instance may have seen it used since.
        if (state !== 'idle') {
          if (age >= RENEW_MS && state === 'live') this.load(sessionId, entry).catch(() => undefined);
          return this.answer(sessionId, entry, state, now.getTime());
        }
      }
    }
    return this.load(sessionId, entry).then((loaded) => {
      const state = this.stateOf(loaded, now.getTime());
      return this.answer(sessionId, loaded, state, now.getTime());
    });
  }

  ended(sessionId: string, how: 'ended' | 'ended_idle'): void {
    const snapshot = endedSnapshot(this.clock.now().getTime(), how);
    this.remember(sessionId, snapshot, performance.now(), 0);
    this.shared.keep(sessionId, snapshot);
    this.shared.tellEnded(sessionId);
  }

  changed(sessionId: string): void {
    const entry = this.#entries.get(sessionId);
    // Redis may not have taken the change itself, so what it has has to be newer than what is no longer believed here.
    if (entry !== undefined && !isEnd(entry.snapshot)) this.#entries.set(sessionId, { ...entry, readAt: -Infinity });
  }

  isKnownEnded(sessionId: string): boolean {
    const snapshot = this.#entries.get(sessionId)?.snapshot;
    return snapshot !== undefined && isEnd(snapshot);
  }

  lastUsed(sessionId: string): Date | null {
    const entry = this.#entries.get(sessionId);
    return entry === undefined || entry.lastUsed === 0 ? null : new Date(entry.lastUsed);
  }

  private answer(sessionId: string, entry: Entry, state: SessionStanding['state'], now: number): SessionStanding {
    if (state !== 'live') return { ...entry.live, state };
    entry.lastUsed = now;
    if (now - entry.lastNoted >= ACTIVITY_GRAIN_MS) {
      entry.lastNoted = now;
      this.activity.note(sessionId, now);
    }
    return entry.live;
  }

  /** One reading at a time for each session. */
  private load(sessionId: string, known: Entry | undefined): Promise<Entry> {
    const running = this.#loading.get(sessionId);
    if (running !== undefined) return running;
    const loading = this.find(sessionId, known).finally(() => this.#loading.delete(sessionId));
    this.#loading.set(sessionId, loading);
    return loading;
  }

  private async find(sessionId: string, known: Entry | undefined): Promise<Entry> {
    const begun = performance.now();
    const lastUsed = known?.lastUsed ?? 0;
    const shared = await this.shared.read(sessionId);
    const sharedReadAt = begun - this.ageOf(shared);
    if (shared && (isEnd(shared) || this.isNews(shared, known))) {
      return this.remember(sessionId, shared, sharedReadAt, lastUsed);
    }
    try {
      const snapshot = await this.states.read(sessionId, (late) => this.learn(sessionId, late, begun, lastUsed));
      return this.learn(sessionId, snapshot, begun, lastUsed);
    } catch (error) {
      // It may have ended while it was being read.
      const latest = this.#entries.get(sessionId) ?? known;
      const usable = this.isKnownEnded(sessionId) ? latest : this.newest(latest, shared, sharedReadAt);
      if (!usable) throw new SessionStateUnavailable({ cause: error });
      return usable;
    }
  }

  /**
   * Whether it saves a question to PostgreSQL. What is known here already does not, and where something is known it
   * has to be good for longer than until it is renewed. An idle one never does: it may have been used since.
   */
  private isNews(shared: SessionSnapshot, known: Entry | undefined): boolean {
    const age = this.ageOf(shared);
    const isNews = known === undefined ? age < FRESH_MS : age < RENEW_MS && shared.readAt > known.snapshot.readAt;
    const lastUsed = known?.lastUsed ?? 0;
    return isNews && this.stateOf({ snapshot: shared, lastUsed }, this.clock.now().getTime()) === 'live';
  }

  private ageOf(shared: SessionSnapshot | null | undefined): number {
    return shared ? Math.max(0, this.clock.now().getTime() - shared.readAt) : Infinity;
  }

  private learn(sessionId: string, snapshot: SessionSnapshot, readAt: number, lastUsed: number): Entry {
    this.shared.keep(sessionId, snapshot);
    return this.remember(sessionId, snapshot, readAt, lastUsed);
  }

  private stateOf({ snapshot, lastUsed }: Pick<Entry, 'snapshot' | 'lastUsed'>, now: number): SessionStanding['state'] {
    return standingAt(snapshot, this.settings.idleTimeoutMinutes, now, lastUsed);
  }

  /**
   * What there is when PostgreSQL does not answer. What this process knows counts as long as what Redis has, but only
   * where Redis had the chance to say that the session has ended; where nobody can, the second is all there is.
   */
  private newest(known: Entry | undefined, shared: SessionSnapshot | null | undefined, readAt: number): Entry | null {
    const entry =
      shared && readAt > (known?.readAt ?? -Infinity) ? entryOf(shared, readAt, known?.lastUsed ?? 0) : known;
    return entry !== undefined && performance.now() - entry.readAt <= this.usableMs(shared) ? entry : null;
  }

  private usableMs(shared: SessionSnapshot | null | undefined): number {
    return shared === undefined && this.shared.configured ? FRESH_MS : USABLE_MS;
  }

  private remember(sessionId: string, snapshot: SessionSnapshot, readAt: number, lastUsed: number): Entry {
    const known = this.#entries.get(sessionId);
    // It may have ended, or been read anew, while its state from before was on the way.
    const isNewer = known !== undefined && (isEnd(known.snapshot) || known.readAt > readAt);
    if (isNewer && !isEnd(snapshot)) return known;
    const entry = entryOf(snapshot, readAt, Math.max(lastUsed, known?.lastUsed ?? 0));
    this.#entries.delete(sessionId);
    this.#entries.set(sessionId, entry);
    if (this.#entries.size > MOST_ENTRIES) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }
}

function entryOf(snapshot: SessionSnapshot, readAt: number, lastUsed: number): Entry {
  const { userId, roles, accountVersion, secondFactor, lastSeenAt } = snapshot;
  const live = { state: 'live', userId, roles, accountVersion, secondFactor } as const;
  return { snapshot, live, readAt, lastUsed, lastNoted: lastSeenAt };
}
