import { AsyncLocalStorage } from 'node:async_hooks';

import { Client, type Pool, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { isReadTimeout } from './errors.js';

interface Permission {
  used: boolean;
}

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
  return 'START TRANSACTION READ WRITE';
}

/**
 * Closes itself when PostgreSQL does not answer in time (`query_timeout`).
 *
 * node-postgres only stops waiting: the statement stays under way, and a ROLLBACK queues up behind it until its own
 * time is over as well, unsent. On a closed connection the ROLLBACK fails at once, so the caller has its answer after
 * one time limit instead of two, and PostgreSQL rolls back by itself.
 */
export class ImpatientClient extends Client {
  // All overloads of the driver in one: what they take and return is passed on as it is. Calls with a callback return
  // nothing; they come from the pool, which closes a connection after any error.
  override query(statement: unknown, ...more: unknown[]): never {
    const answer: unknown = super.query(...([permitted(statement), ...more] as [string]));
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (isReadTimeout(error)) void this.end();
      });
    }
    return answer as never;
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
