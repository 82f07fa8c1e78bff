import { Injectable } from '@nestjs/common';
import { Client } from 'pg';

import { PersistenceSettings } from '#platform/persistence';

import { OUTBOX_CHANNEL } from './persistence/outbox-channel.js';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Listens for what other processes say about the outbox. Whatever is missed while the connection is away is found by
 * looking, so nothing depends on it.
 */
@Injectable()
export class OutboxHints {
  #client: Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  constructor(private readonly settings: PersistenceSettings) {}

  /** Calls `onHint` with every hint from now on, until it is closed. */
  listen(onHint: (hint: string) => void): void {
    const { url, connectTimeoutMs, statementTimeoutMs } = this.settings;
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: statementTimeoutMs,
      application_name: 'user-service-hints',
      keepAlive: true,
    });
    this.#client = client;
    let lost = false;
    const onLost = (): void => {
      if (lost) return;
      lost = true;
      void client.end().catch(() => undefined);
      this.again(onHint);
    };
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ payload }) => {
      onHint(payload ?? '');
    });
    client
      .connect()
      .then(() => client.query(`LISTEN ${OUTBOX_CHANNEL}`))
      .then(() => (this.#retryMs = FIRST_RETRY_MS), onLost);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  private again(onHint: (hint: string) => void): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.listen(onHint);
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
