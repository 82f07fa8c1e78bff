import { Injectable } from '@nestjs/common';

import { Lifecycle } from '#platform/lifecycle';
import { databaseErrorCode, SQLSTATE } from '#platform/persistence';

import { AUDIT_MIGRATION_NAMES } from '../migrate.js';
import { AuditDatabase } from './persistence/audit-database.js';

export interface ReadinessState {
  readonly status: 'ok' | 'degraded' | 'error';
  readonly reason?: 'draining' | 'unreachable' | 'migrations_pending' | 'role_may_alter';
}

const BELIEVED_MS = 1_000;

const STATE = `
  SELECT (SELECT count(*)::int FROM audit.migrations WHERE name = ANY ($1)) AS migrations,
         EXISTS (SELECT FROM unnest(ARRAY['audit.events', 'audit.refused_events']) AS t (name)
                  WHERE has_table_privilege(t.name, 'UPDATE, DELETE, TRUNCATE')) AS may_alter`;

/** Whether events can be taken. Asked by probes every few seconds, so an answer holds for a second. */
@Injectable()
export class Readiness {
  #answer: Promise<ReadinessState> | undefined;

  constructor(
    private readonly database: AuditDatabase,
    private readonly lifecycle: Lifecycle,
  ) {}

  state(): Promise<ReadinessState> {
    if (this.lifecycle.isLeaving) return Promise.resolve({ status: 'error', reason: 'draining' });
    if (this.#answer === undefined) {
      this.#answer = this.ask();
      setTimeout(() => (this.#answer = undefined), BELIEVED_MS).unref();
    }
    return this.#answer;
  }

  private async ask(): Promise<ReadinessState> {
    try {
      const [row] = await this.database.query<{ migrations: number; may_alter: boolean }>(STATE, [
        AUDIT_MIGRATION_NAMES,
      ]);
      if (row?.migrations !== AUDIT_MIGRATION_NAMES.length) return { status: 'error', reason: 'migrations_pending' };
      // The triggers still hold; but who owns the tables could drop them.
      return row.may_alter ? { status: 'degraded', reason: 'role_may_alter' } : { status: 'ok' };
    } catch (error) {
      const code = databaseErrorCode(error);
      const isMissing = code === SQLSTATE.invalidSchema || code === SQLSTATE.undefinedTable;
      return { status: 'error', reason: isMissing ? 'migrations_pending' : 'unreachable' };
    }
  }
}
