import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { databaseErrorCode, SQLSTATE } from '#platform/persistence';
import { CachedCheck } from './cached-check.js';
import { UP, down, type DependencyState } from './dependency-state.js';
import { HealthSettings } from './health-settings.js';

// faults-and-slo.md 5.3: probes give up after 1 s, results are at most 2 s old.
const TTL_MS = 1_000;
const TIMEOUT_MS = 800;
const CONNECT_MS = 600;
const STATEMENT_MS = 500;

const NOT_MIGRATED = new Set<string>([SQLSTATE.invalidSchema, SQLSTATE.undefinedTable]);

const LOOK = `SELECT count(*)::int AS applied, pg_is_in_recovery() AS standby
                FROM user_service.migrations WHERE name = ANY($1)`;

interface Look {
  readonly applied: number;
  /** True: it only follows another server, and takes no writes. */
  readonly standby: boolean;
}

/** Whether PostgreSQL answers, takes writes and has the schema this build needs. */
@Injectable()
export class DatabaseCheck implements OnApplicationShutdown {
  readonly #check = new CachedCheck(() => this.ask(), down('unreachable'), TTL_MS, TIMEOUT_MS);
  #client: Client | undefined;
  #closed = false;

  /** @param pool what requests use; while it has not been opened for the first time, none can be served */
  constructor(
    private readonly settings: HealthSettings,
    @Inject(DataSource) private readonly pool: Pick<DataSource, 'isInitialized'>,
  ) {}

  state(): Promise<DependencyState> {
    return this.#check.get();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#closed = true;
    await this.discard();
  }

  private async ask(): Promise<DependencyState> {
    try {
      const client = await this.connected();
      const { rows } = await client.query<Look>(LOOK, [[...this.settings.migrations]]);
      if (rows[0]?.applied !== this.settings.migrations.length) return down('migrations_pending');
      if (rows[0].standby) {
        // Its address may lead to the primary by now, but a connection stays where it is.
        await this.discard();
        return down('read_only');
      }
      return this.pool.isInitialized ? UP : down('starting');
    } catch (error) {
      if (NOT_MIGRATED.has(databaseErrorCode(error) ?? '')) return down('migrations_pending');
      await this.discard();
      return down('unreachable');
    }
  }

  private async connected(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    if (this.#closed) throw new Error('closed');
    const client = new Client({
      connectionString: this.settings.databaseUrl,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS,
      application_name: 'user-service-health',
      options: '-c default_transaction_read_only=on',
    });
    // A connection that the server ends while idle must not end the process (node-postgres #1075).
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  /** A connection that failed once is not asked again. Closing it may hang as well, so nobody waits for that. */
  private async discard(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    const ended = client.end().catch(() => undefined);
    await Promise.race([ended, delay(CONNECT_MS, undefined, { ref: false })]);
  }
}
