import { hash } from 'node:crypto';

import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { CircuitBreaker, type BreakerState } from './circuit-breaker.js';
import { openCommands } from './connections.js';
import { Heartbeat } from './heartbeat.js';
import { BREAKER_RETRY_MS, BREAKER_THRESHOLD, COMMAND_MS, within } from './limits.js';
import {
  asUnavailable,
  IoredisCommands,
  type Connection,
  type RedisCommands,
  type RedisKey,
} from './redis-commands.js';
import { channelName, RedisMessages } from './redis-messages.js';
import type { RedisAddress, RedisMetrics } from './redis-settings.js';
import { RedisUnavailable } from './redis-unavailable.js';

const OUTCOMES = ['ok', 'not_configured', 'disconnected', 'bypassed', 'timeout', 'refused'];
const STATES: readonly BreakerState[] = ['closed', 'half_open', 'open'];

export interface RedisOptions {
  /** Undefined: there is none, and every call is refused. */
  readonly address: RedisAddress | undefined;
  /**
   * Goes into every key name, so that whoever reads Redis cannot find an address by hashing all there are. The same on
   * every instance; at least 32 secret bytes.
   */
  readonly keySalt: string;
}

/**
 * Redis, which may vanish at any time: it holds nothing that cannot be lost, and every caller has a way to go on
 * without it. Nobody waits for it longer than 100 ms, and after five answers that did not come nobody waits at all.
 */
export class Redis implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('Redis');
  readonly #connection: Connection | undefined;
  readonly #commands: RedisCommands | undefined;
  readonly #messages: RedisMessages | undefined;
  readonly #breaker: CircuitBreaker;
  readonly #outcomes: ReturnType<RedisMetrics['counter']>;
  #heartbeat: Heartbeat | undefined;
  #firstAttempt: Promise<void> | undefined;
  #connectedSince: number | undefined;
  #wasAvailable = true;
  #lastCode: string | undefined;
  #stopped = false;

  constructor(
    private readonly options: RedisOptions,
    metrics: RedisMetrics,
  ) {
    const { address } = options;
    if (address !== undefined) {
      this.#connection = openCommands(address);
      this.#commands = new IoredisCommands(this.#connection);
      this.#messages = new RedisMessages(address);
    }
    this.#breaker = new CircuitBreaker({
      threshold: BREAKER_THRESHOLD,
      retryAfterMs: BREAKER_RETRY_MS,
      probe: () => this.#probe(),
      onChange: () => {
        this.#changed();
      },
    });
    this.#outcomes = metrics.counter('redis_commands_total', 'Work for Redis by how it ended', 'outcome', OUTCOMES);
    metrics.gauge('redis_breaker_state', 'Whether Redis is asked: 0 yes, 1 being tried, 2 no', () =>
      STATES.indexOf(this.#breaker.state),
    );
  }

  /** Whether there is a Redis at all. It may be out of reach nevertheless. */
  get configured(): boolean {
    return this.#connection !== undefined;
  }

  /**
   * Since when (milliseconds since the epoch) commands have been answered without interruption: no connection was lost
   * and the breaker was not open. Undefined while they are not.
   */
  get connectedSince(): number | undefined {
    return this.#connectedSince;
  }

  /** The name of the key for `id` in `space`. Tells nothing about the id, and nobody without our keys can guess it. */
  key(space: string, id: string): RedisKey {
    return `us:${space}:${hash('sha256', this.options.keySalt + id, 'base64url')}` as RedisKey;
  }

  /**
   * Does `work`, which must do nothing but ask Redis.
   * @throws RedisUnavailable at once while there is no Redis to ask, after 100 ms when there is no answer. Writes may
   * have happened then. What else `work` throws comes through.
   */
  async call<T>(work: (commands: RedisCommands) => Promise<T>): Promise<T> {
    try {
      const result = await within(COMMAND_MS, this.#perform(work));
      this.#breaker.succeeded();
      this.#outcomes.increment('ok');
      return result;
    } catch (error) {
      if (error instanceof RedisUnavailable) this.#failed(error);
      throw error;
    }
  }

  /** Sends a message to every instance that listens now, this one too. @throws RedisUnavailable as `call` does */
  async publish(channel: string, message: string): Promise<void> {
    await this.call(() => this.#publish(channelName(channel), message));
  }

  /**
   * Calls the listener with every message, from now until the process ends. Messages that are sent while the
   * connection is lost are gone for good: see `onResubscribed`. What they say is not to be trusted either.
   */
  subscribe(channel: string, listener: (message: string) => void): void {
    this.#messages?.subscribe(channel, listener);
  }

  /** Calls the listener whenever messages begin to arrive, at first and after each interruption: some were missed. */
  onResubscribed(listener: () => void): void {
    this.#messages?.onResubscribed(listener);
  }

  /** @throws RedisUnavailable when Redis does not answer */
  async ping(): Promise<void> {
    await this.call(() => this.#ping());
  }

  /** Begins to connect, and waits for nothing. */
  onModuleInit(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#firstAttempt = new Promise((resolve) => {
      connection.once('ready', resolve);
      connection.once('close', resolve);
    });
    connection.on('error', (error: unknown) => {
      this.#lastCode = errorCode(error);
    });
    connection.on('ready', () => {
      this.#connectedSince = Date.now();
      this.#breaker.reset();
      this.#changed();
    });
    for (const event of ['close', 'node error']) {
      connection.on(event, () => {
        this.#connectedSince = undefined;
        this.#changed();
      });
    }
    this.#heartbeat = new Heartbeat(connection);
    connection.connect().catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    this.#breaker.stop();
    this.#heartbeat?.stop();
    this.#messages?.stop();
    this.#connection?.disconnect();
  }

  async #perform<T>(work: (commands: RedisCommands) => Promise<T>): Promise<T> {
    if (this.#connection === undefined || this.#commands === undefined) throw new RedisUnavailable('not_configured');
    if (this.#breaker.state !== 'closed') throw new RedisUnavailable('bypassed');
    // Right after the start an answer is close; later on a lost connection is no reason to wait.
    if (this.#connection.status !== 'ready') await this.#firstAttempt;
    if (this.#connection.status !== 'ready') throw new RedisUnavailable('disconnected');
    return work(this.#commands);
  }

  #failed({ reason }: RedisUnavailable): void {
    this.#outcomes.increment(reason);
    if (reason === 'timeout' || reason === 'disconnected') this.#breaker.failed();
    // It answered, and quickly.
    else if (reason === 'refused') this.#breaker.succeeded();
  }

  async #publish(channel: string, message: string): Promise<void> {
    await this.#connection?.publish(channel, message).catch((error: unknown) => {
      throw asUnavailable(error);
    });
  }

  async #ping(): Promise<void> {
    await this.#connection?.ping().catch((error: unknown) => {
      throw asUnavailable(error);
    });
  }

  async #probe(): Promise<void> {
    if (this.#connection?.status !== 'ready') throw new RedisUnavailable('disconnected');
    await within(COMMAND_MS, this.#ping());
  }

  /** One line when Redis goes and one when it is back; neither names it. */
  #changed(): void {
    const isReady = this.#connection?.status === 'ready';
    const isAvailable = isReady && this.#breaker.state === 'closed';
    if (!isAvailable) this.#connectedSince = undefined;
    else this.#connectedSince ??= Date.now();
    if (isAvailable === this.#wasAvailable || this.#stopped) return;
    this.#wasAvailable = isAvailable;
    if (isAvailable) this.#logger.log({ event: 'redis_back' });
    else this.#logger.warn({ event: 'redis_lost', reason: isReady ? 'slow' : 'disconnected', code: this.#lastCode });
  }
}

/** `ECONNREFUSED` and the like, or the first word of what Redis answered (`WRONGPASS`). */
function errorCode(error: unknown): string {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  return /\b[A-Z]{5,}\b/.exec(String(message))?.[0] ?? 'unknown';
}
