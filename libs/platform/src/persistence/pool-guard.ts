import { AsyncLocalStorage } from 'node:async_hooks';

import { Client, type ClientConfig, type Pool, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { isReadTimeout, markAsOutage } from './errors.js';

interface Permission {
  used: boolean;
}

const WRITING = 'START TRANSACTION READ WRITE';

const permissions = new AsyncLocalStorage<Permission>();

/**
 * Lets the next transaction that `work` begins write. TypeORM knows no access mode, and to ask for it in a statement of
 * its own would be a round trip more in every unit of work. Any other transaction stays read-only, one that `work` begins
 * later on another connection included.
 */
export function writing<T>(work: () => T): T {
  return permissions.run({ used: false }, work);
}

/** The statement as it leaves. */
function permitted(statement: unknown): unknown {
  if (statement !== 'START TRANSACTION') return statement;
  const permission = permissions.getStore();
  if (permission === undefined || permission.used) return statement;
  permission.used = true;
  return WRITING;
}

// What TypeORM and `Database.change` begin and end transactions with.
const BEGINS_TO_WRITE = new Set<unknown>([WRITING, 'BEGIN READ WRITE']);
const BEGINS = new Set<unknown>([...BEGINS_TO_WRITE, 'START TRANSACTION']);
const ENDS = new Set<unknown>(['COMMIT', 'ROLLBACK']);

interface Wire {
  readonly connection: { readonly stream: { cork(): void; uncork(): void; destroy(): void } };
}

/**
 * Closes itself rather than keep a caller waiting, or come back to the pool unfit.
 *
 * - When PostgreSQL does not answer in time (`query_timeout`). node-postgres only stops waiting: the statement stays
 *   under way, and a ROLLBACK queues up behind it until its own time is over as well, unsent. On a closed connection the
 *   ROLLBACK fails at once, so the caller has its answer after one time limit instead of two.
 * - When a transaction as a whole takes longer than one statement may. A server that answers each of ten statements just
 *   in time would hold a caller, and a connection, for half a minute.
 * - When a transaction may not write: the server has become a standby, and a new connection finds the primary.
 *
 * PostgreSQL rolls back by itself.
 */
export class ImpatientClient extends Client {
  readonly #transactionMs: number;
  #deadline: NodeJS.Timeout | undefined;
  #gathering = false;

  constructor(config: ClientConfig) {
    super(config);
    this.#transactionMs = Number(config.query_timeout);
    // Whoever waits for an answer gets the error as that. While it is lent the pool does not listen, and an event that
    // nobody listens to ends the process.
    this.on('error', () => undefined);
    this.once('end', () => {
      clearTimeout(this.#deadline);
    });
  }

  // Whatever refuses a connection is no defect of the call that needed one.
  override connect(callback?: unknown): never {
    if (callback === undefined) throw new Error('Only the pool opens connections, with a callback');
    super.connect((error: Error) => {
      markAsOutage(error);
      (callback as (error: Error) => void)(error);
    });
    return undefined as never;
  }

  // All overloads of the driver in one: what they take and return is passed on as it is. Calls with a callback return
  // nothing; they come from the pool, which closes a connection after any error.
  override query(statement: unknown, ...more: unknown[]): never {
    const sent = permitted(statement);
    this.gatherTurn();
    const answer: unknown = super.query(...([sent, ...more] as [string]));
    if (answer instanceof Promise) this.watch(sent, answer);
    return answer as never;
  }

  private gatherTurn(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const { stream } = (this as unknown as Wire).connection;
    stream.cork();
    process.nextTick(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }

  private watch(sent: unknown, answer: Promise<unknown>): void {
    if (BEGINS.has(sent)) {
      this.#deadline = setTimeout(() => {
        this.giveUp();
      }, this.#transactionMs).unref();
    }
    const settled = (): void => {
      if (ENDS.has(sent)) clearTimeout(this.#deadline);
    };
    answer.then(settled, (error: unknown) => {
      settled();
      const cannotWrite = BEGINS_TO_WRITE.has(sent);
      if (cannotWrite) markAsOutage(error);
      if (cannotWrite || isReadTimeout(error)) this.giveUp();
    });
  }

  /** Fails what is under way and whatever is asked from now on. */
  private giveUp(): void {
    // Alone it would wait for the answers that do not come.
    void this.end();
    (this as unknown as Wire).connection.stream.destroy();
  }
}

/**
 * Lets no connection back into the pool that is in the midst of something. TypeORM releases a connection as if it were
 * fine when its ROLLBACK failed; whoever got it next would begin inside of the transaction that was left open, and
 * commit a stranger's changes with their own. Call it once the pool is there.
 */
export function guardPool(dataSource: DataSource): void {
  const { master } = dataSource.driver as unknown as { readonly master: Pool };
  // The pool asks whether a connection is being closed after it has told of the release.
  master.on('release', (_error, client) => {
    if (!isAtRest(client)) void client.end();
  });
}

/** No statement under way (the driver's own mark, which its types leave out) and no transaction open. */
function isAtRest(client: PoolClient & { readonly readyForQuery?: boolean }): boolean {
  return client.readyForQuery === true && client.getTransactionStatus() === 'I';
}
