import { Logger } from '@nestjs/common';
import type { Redis as IORedis } from 'ioredis';

import { openMessages } from './connections.js';
import { Heartbeat } from './heartbeat.js';
import { reconnectDelay } from './limits.js';
import type { RedisAddress } from './redis-settings.js';

type Listener = (message: string) => void;

/** Channels are not part of a database, so they carry the service's name. */
export const channelName = (channel: string): string => `us:${channel}`;

/** Subscriptions, on a connection of their own that is made anew whenever it ends. */
export class RedisMessages {
  readonly #logger = new Logger('Redis');
  readonly #listeners = new Map<string, Listener[]>();
  readonly #resubscribed: (() => void)[] = [];
  #connection: IORedis | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempt = 0;
  #stopped = false;

  constructor(private readonly address: RedisAddress) {}

  subscribe(channel: string, listener: Listener): void {
    const name = channelName(channel);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    if (this.#connection === undefined) this.#open();
    else if (this.#connection.status === 'ready') void this.#subscribeAll(this.#connection);
  }

  onResubscribed(listener: () => void): void {
    this.#resubscribed.push(listener);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#connection?.disconnect();
  }

  #open(): void {
    const connection = openMessages(this.address, this.#attempt);
    const heartbeat = new Heartbeat(connection);
    this.#connection = connection;
    // Told by the connection for commands, which has the same trouble.
    connection.on('error', () => undefined);
    connection.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) this.#run(() => listener(message));
    });
    connection.once('ready', () => void this.#subscribeAll(connection));
    connection.once('end', () => {
      heartbeat.stop();
      this.#reopen();
    });
    connection.connect().catch(() => undefined);
  }

  #reopen(): void {
    if (this.#stopped) return;
    this.#attempt += 1;
    this.#retry = setTimeout(() => {
      this.#open();
    }, reconnectDelay(this.#attempt)).unref();
  }

  async #subscribeAll(connection: IORedis): Promise<void> {
    try {
      await connection.subscribe(...this.#listeners.keys());
    } catch {
      connection.disconnect();
      return;
    }
    this.#attempt = 0;
    for (const listener of this.#resubscribed) this.#run(listener);
  }

  /** A listener that fails must not keep the others from hearing, nor end the process. */
  #run(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#logger.error({ event: 'redis_listener_failed', err: error });
    }
  }
}
