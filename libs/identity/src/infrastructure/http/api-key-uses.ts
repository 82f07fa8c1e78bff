import { randomUUID } from 'node:crypto';

import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { RequestContext, type Actor } from '#platform/context';
import { clientNetwork } from '#platform/logging';

import { NoteApiKeyUse } from '../../application/note-api-key-use.js';
import type { RefusedCall } from '../../domain/api-key-events.js';

const WINDOW_MS = 60_000;
/** Callers that are told apart in one window; all others are counted together, for each key and reason. */
const MOST_TALLIES = 100;
const MOST_KEYS = 1_000;

/** The key is live, and its service known. */
const KNOWN = new Set<RefusedCall>(['insufficient_scope', 'introspection_denied']);

interface Tally {
  readonly keyId: string | null;
  readonly reason: RefusedCall;
  /** Refusals that no event has told of yet. */
  count: number;
  /** Whoever is counted together in it has these in common. */
  readonly actor: Actor;
  readonly ip: string | undefined;
  /** By networks without number. */
  readonly isShared: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Writes down how keys are used, with few writes: one time of last use a minute and key; and of refusals the first at
 * once, then one event a minute with their number, for each key, reason and client network. Nothing waits for it, and
 * a process that is killed takes the numbers of its last minute with it.
 */
@Injectable()
export class ApiKeyUses implements OnModuleDestroy {
  readonly #logger = new Logger('ApiKeys');
  readonly #touchedAt = new Map<string, number>();
  readonly #tallies = new Map<string, Tally>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly note: NoteApiKeyUse,
    private readonly context: RequestContext,
  ) {}

  used(keyId: string): void {
    const now = performance.now();
    if (now - (this.#touchedAt.get(keyId) ?? -Infinity) < WINDOW_MS) return;
    if (this.#touchedAt.size >= MOST_KEYS) this.#touchedAt.clear();
    this.#touchedAt.set(keyId, now);
    this.run(this.note.used(keyId));
  }

  refused(keyId: string | null, reason: RefusedCall): void {
    const tally = this.tallyOf(keyId, reason);
    tally.count += 1;
    // The first one is told of as the request that it was, unless it is told of among others.
    if (tally.timer === undefined) this.tell(tally, !tally.isShared);
  }

  async onModuleDestroy(): Promise<void> {
    for (const tally of this.#tallies.values()) {
      clearTimeout(tally.timer);
      if (tally.count > 0) this.send(tally);
    }
    await Promise.all(this.#underWay);
  }

  private tallyOf(keyId: string | null, reason: RefusedCall): Tally {
    const { ip } = this.context.info ?? {};
    const name = `${String(keyId)} ${reason} ${String(ip === undefined ? undefined : clientNetwork(ip))}`;
    const found = this.#tallies.get(name);
    if (found !== undefined) return found;
    if (this.#tallies.size < MOST_TALLIES) return this.open(name, keyId, reason, { ip, isShared: false });
    // Of real keys there are few, so guesses against one are never lost in the noise about keys that nobody has.
    const others = `others ${String(keyId)} ${reason}`;
    return this.#tallies.get(others) ?? this.open(others, keyId, reason, { ip: undefined, isShared: true });
  }

  private open(name: string, keyId: string | null, reason: RefusedCall, whose: Pick<Tally, 'ip' | 'isShared'>): Tally {
    const isKnown = KNOWN.has(reason) && keyId !== null;
    const actor: Actor = isKnown ? { type: 'service', apiKeyId: keyId } : { type: 'anonymous' };
    const tally: Tally = { keyId, reason, count: 0, actor, ...whose, timer: undefined };
    this.#tallies.set(name, tally);
    return tally;
  }

  /** Again and again, once a window, until nothing was refused in one. */
  private tell(tally: Tally, asRequest = false): void {
    this.send(tally, asRequest);
    tally.timer = setTimeout(() => {
      if (tally.count > 0) this.tell(tally);
      else this.close(tally);
    }, WINDOW_MS);
    tally.timer.unref();
  }

  private close(tally: Tally): void {
    for (const [name, each] of this.#tallies) if (each === tally) this.#tallies.delete(name);
  }

  private send(tally: Tally, asRequest = false): void {
    const { keyId, reason, count, actor, ip } = tally;
    tally.count = 0;
    const write = (): Promise<void> => this.write(keyId, reason, count);
    // Later ones not as the request that was at work when the timer was set: it is one of many.
    const written = asRequest
      ? write()
      : this.context.run({ requestId: randomUUID(), ip, language: 'en' }, actor, write);
    // Not lost with a failed write: the next event tells of them.
    this.run(written, () => (tally.count += count));
  }

  private write(keyId: string | null, reason: RefusedCall, count: number): Promise<void> {
    if (reason !== 'introspection_denied') return this.note.rejected({ keyId, reason, count });
    // Whoever is told that they may not ask has a key that is somebody's.
    return keyId === null ? Promise.resolve() : this.note.introspectionDenied({ keyId, count });
  }

  private run(work: Promise<void>, onFailure: () => void = () => undefined): void {
    const watched = work
      .catch((error: unknown) => {
        onFailure();
        this.#logger.debug({ event: 'api_key_use_unwritten', err: error });
      })
      .finally(() => this.#underWay.delete(watched));
    this.#underWay.add(watched);
  }
}
