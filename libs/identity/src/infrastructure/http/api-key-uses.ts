import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { RequestContext, type Actor } from '#platform/context';
import { clientNetwork } from '#platform/logging';
import { CountedTrail } from '#platform/trail';

import { NoteApiKeyUse } from '../../application/note-api-key-use.js';
import type { RefusedCall } from '../../domain/api-key-events.js';

const WINDOW_MS = 60_000;
/** Callers that are told apart in one window; all others are counted together, for each key and reason. */
const MOST_TALLIES = 100;
const MOST_KEYS = 1_000;

/** The key is live, and its service known. */
const KNOWN = new Set<RefusedCall>(['insufficient_scope', 'introspection_denied']);

interface RefusedCalls {
  readonly keyId: string | null;
  readonly reason: RefusedCall;
}

/**
 * Writes down how keys are used, with few writes: one time of last use a minute and key; and of refusals the first at
 * once, then one event a minute with their number, for each key, reason and client network. Nothing waits for it.
 */
@Injectable()
export class ApiKeyUses implements OnModuleDestroy {
  readonly #logger = new Logger('ApiKeys');
  readonly #touchedAt = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #trail: CountedTrail<RefusedCalls>;

  constructor(
    private readonly note: NoteApiKeyUse,
    private readonly context: RequestContext,
  ) {
    this.#trail = new CountedTrail(context, {
      untold: 'api_key_refusals_untold',
      windowMs: WINDOW_MS,
      most: MOST_TALLIES,
      tell: (calls, count) => this.write(calls, count),
    });
  }

  used(keyId: string): void {
    const now = performance.now();
    if (now - (this.#touchedAt.get(keyId) ?? -Infinity) < WINDOW_MS) return;
    if (this.#touchedAt.size >= MOST_KEYS) this.#touchedAt.clear();
    this.#touchedAt.set(keyId, now);
    const touched: Promise<void> = this.note
      .used(keyId)
      .catch((error: unknown) => {
        this.#logger.debug({ event: 'api_key_use_unwritten', err: error });
      })
      .finally(() => this.#underWay.delete(touched));
    this.#underWay.add(touched);
  }

  refused(keyId: string | null, reason: RefusedCall): void {
    const { ip } = this.context.info ?? {};
    const fact = { keyId, reason };
    const isKnown = KNOWN.has(reason) && keyId !== null;
    const actor: Actor = isKnown ? { type: 'service', apiKeyId: keyId } : { type: 'anonymous' };
    const key = `${String(keyId)} ${reason}`;
    const network = String(ip === undefined ? undefined : clientNetwork(ip));
    // Of real keys there are few, so guesses against one are never lost in the noise about keys that nobody has.
    this.#trail.count({ key: `${key} ${network}`, fact, actor }, () => ({ key: `others ${key}`, fact, actor }));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.#trail.close(), ...this.#underWay]);
  }

  private write({ keyId, reason }: RefusedCalls, count: number): Promise<void> {
    if (reason !== 'introspection_denied') return this.note.rejected({ keyId, reason, count });
    // Whoever is told that they may not ask has a key that is somebody's.
    return keyId === null ? Promise.resolve() : this.note.introspectionDenied({ keyId, count });
  }
}
