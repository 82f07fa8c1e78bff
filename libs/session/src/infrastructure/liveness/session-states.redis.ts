import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { Clock } from '#kernel';
import { Keyring } from '#platform/crypto';
import { Redis, RedisScript } from '#platform/redis';

import { isEnd, type SessionSnapshot } from './session-snapshot.js';

const SPACE = 'session';
const CHANNEL = 'session-ended';
// How old a state may be that anybody believes, and so for how long one is kept.
const LIFETIME_MS = 60_000;
const ENDED = 'e';
const NOT_ENDED = 'o';

// A state that was read before the session ended may arrive after its end.
const KEEP_UNLESS_ENDED = new RedisScript(
  `if string.sub(redis.call('GET', KEYS[1]) or '', 1, 1) == '${ENDED}' then return 0 end
   redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
   return 1`,
);

/**
 * What other instances know about sessions. A value is bound to its session and authenticated, so that whoever can
 * write to Redis cannot bring a session back to life; what is not ours is as good as nothing.
 */
@Injectable()
export class RedisSessionStates implements BeforeApplicationShutdown {
  readonly #key: KeyObject;
  /** What Redis has not answered yet. */
  readonly #underway = new Set<Promise<unknown>>();

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    keyring: Keyring,
  ) {
    // The number changes with what a state consists of: one that another release wrote is not ours.
    this.#key = createSecretKey(keyring.derive('redis-session-states-2'));
  }

  get configured(): boolean {
    return this.redis.configured;
  }

  /**
   * Of the last minute; none from before the connection was interrupted: Redis may have come back with old data.
   * `null` when Redis has none, `undefined` when it did not say.
   */
  async read(sessionId: string): Promise<SessionSnapshot | null | undefined> {
    const since = this.redis.connectedSince;
    if (since === undefined) return undefined;
    try {
      const value = await this.redis.call((commands) => commands.get(this.redis.key(SPACE, sessionId)));
      const snapshot = value === null ? null : this.open(sessionId, value);
      if (snapshot === null || isEnd(snapshot)) return snapshot;
      const age = this.clock.now().getTime() - snapshot.readAt;
      return age >= 0 && age <= LIFETIME_MS && Date.now() - age >= since ? snapshot : null;
    } catch {
      return undefined;
    }
  }

  /** Nobody waits for it, and nothing depends on it. */
  keep(sessionId: string, snapshot: SessionSnapshot): void {
    if (!this.redis.configured) return;
    const key = this.redis.key(SPACE, sessionId);
    const value = this.seal(sessionId, snapshot);
    this.send(
      this.redis.call((commands) =>
        isEnd(snapshot)
          ? commands.set(key, value, LIFETIME_MS)
          : commands.run(KEEP_UNLESS_ENDED, [key], [value, LIFETIME_MS]),
      ),
    );
  }

  tellEnded(sessionId: string): void {
    if (this.redis.configured) this.send(this.redis.publish(CHANNEL, sessionId));
  }

  /** A message only makes this instance look again, so that a forged one does no harm. */
  onEnded(listener: (sessionId: string) => void): void {
    this.redis.subscribe(CHANNEL, listener);
  }

  /** An operator's command ends a moment after the sessions that it ended: nobody would hear of them. Bounded by Redis. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#underway);
  }

  private send(work: Promise<unknown>): void {
    const sent = work
      .catch(() => undefined)
      .finally(() => {
        this.#underway.delete(sent);
      });
    this.#underway.add(sent);
  }

  private seal(sessionId: string, snapshot: SessionSnapshot): string {
    const content = `${isEnd(snapshot) ? ENDED : NOT_ENDED}${JSON.stringify(snapshot)}`;
    return `${content}.${this.mac(sessionId, content).toString('base64url')}`;
  }

  private open(sessionId: string, value: string): SessionSnapshot | null {
    const end = value.lastIndexOf('.');
    const content = value.slice(0, end);
    const mac = Buffer.from(value.slice(end + 1), 'base64url');
    const expected = this.mac(sessionId, content);
    if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return null;
    return JSON.parse(content.slice(1)) as SessionSnapshot;
  }

  private mac(sessionId: string, content: string): Buffer {
    return createHmac('sha256', this.#key).update(`${sessionId}/${content}`).digest();
  }
}
