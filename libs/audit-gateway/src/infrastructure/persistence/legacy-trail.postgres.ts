import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { clientNetwork } from '#platform/logging';
import { Outbox, type OutboxMessage } from '#platform/outbox';
import { Database, databaseErrorCode, SQLSTATE } from '#platform/persistence';

import {
  LegacyTrail,
  LegacyTrailUnreadable,
  type HandedRows,
  type TrailPosition,
  type TrailState,
  type Verified,
} from '../../application/drain-legacy-trail.js';
import { legacyEventOf, type LegacyEvent, type LegacyRow } from '../../domain/legacy-event.js';
import { AuditRecordSettings, SCHEMA_PATH } from '../cloud-event.encoder.js';

// Some 50 ms of one transaction.
const AT_ONCE = 500;
// For whoever uses the table while it is to be dropped.
const LOCK_WAIT_MS = 2_000;
const NAME = /^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/;

interface KeyColumn {
  /** Quoted. */
  readonly name: string;
  readonly type: string;
}

interface Row {
  readonly row: LegacyRow;
  /** The values of the primary key, as text. */
  readonly key: string[];
}

/** Reads whatever columns there are (`to_jsonb`); all it insists on is a primary key, which tells one row from another. */
@Injectable()
export class PostgresLegacyTrail extends LegacyTrail {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly settings: AuditRecordSettings,
  ) {
    super();
  }

  async stateOf(table: string): Promise<TrailState | null> {
    if (!NAME.test(table)) throw new LegacyTrailUnreadable('The table is named as schema.table, in small letters');
    const [found] = await this.database.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      table,
    ]);
    if (found?.there !== true) return null;
    await this.keyOf(table);
    const [state] = await this.database.query<{ rows: number; handed: number }>(
      `SELECT (SELECT count(*)::integer FROM ${table}) AS rows,
              (SELECT count(*)::integer FROM user_service.legacy_audit_handed WHERE source = $1) AS handed`,
      [table],
    );
    return state ?? null;
  }

  async handOver(table: string, after: TrailPosition): Promise<HandedRows> {
    const columns = await this.keyOf(table);
    const names = columns.map(({ name }) => `t.${name}`).join(', ');
    const bound = columns.map(({ type }, n) => `$${String(n + 1)}::text::${type}`).join(', ');
    const found = await this.database.query<Row>(
      `SELECT to_jsonb(t) AS row, ${keyArray(columns)} AS key FROM ${table} t
        ${after === null ? '' : `WHERE (${names}) > (${bound})`} ORDER BY ${names} LIMIT ${String(AT_ONCE)}`,
      after ?? [],
    );
    const fresh = await this.note(table, found);
    if (fresh.length > 0) await this.outbox.append(fresh.map((row) => this.messageOf(table, row)));
    return { handed: fresh.length, next: found.length < AT_ONCE ? null : (found.at(-1)?.key ?? null) };
  }

  async verify(table: string): Promise<Verified | null> {
    const columns = await this.keyOf(table);
    const [counts] = await this.database.query<{ rows: number; matched: number; since: Verified }>(
      `SELECT (SELECT count(*)::integer FROM ${table}) AS rows,
              (SELECT count(*)::integer FROM ${table} t JOIN user_service.legacy_audit_handed h
                  ON h.source = $1 AND h.key = ${keyText(columns)}) AS matched,
              pg_snapshot_xmin(pg_current_snapshot())::xid::text AS since`,
      [table],
    );
    // Rows that were handed over and are gone since, by that service's own retention, are no loss.
    return counts !== undefined && counts.rows === counts.matched ? counts.since : null;
  }

  async drop(table: string, since: Verified, limitMs: number): Promise<boolean> {
    const columns = await this.keyOf(table);
    await this.database.query(
      `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)`,
      [`${String(LOCK_WAIT_MS)}ms`, `${String(limitMs)}ms`],
    );
    try {
      return await this.dropUnlessGrown(table, columns, since);
    } catch (error) {
      // Among others, the time limit of a statement.
      if (databaseErrorCode(error) !== SQLSTATE.queryCanceled) throw error;
      const limit = `longer than ${String(limitMs)} ms`;
      throw new LegacyTrailUnreadable(
        `${table} stays: to look through it once more, with nobody using it, takes ${limit}`,
      );
    }
  }

  private async dropUnlessGrown(table: string, columns: readonly KeyColumn[], since: Verified): Promise<boolean> {
    // Nobody writes from here on. Whoever still uses the table makes this fail after the time limit for locks.
    await this.database.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    // By the transaction that wrote each row, which costs a fraction of counting: only those of later ones are looked for
    // among what was handed over, and now and then one in vain that is so old that its number has come round again.
    const [row] = await this.database.query<{ grown: boolean }>(
      `SELECT EXISTS (SELECT FROM ${table} t WHERE age(t.xmin) <= age($2::xid) AND
         (SELECT true FROM user_service.legacy_audit_handed h WHERE h.source = $1 AND h.key = ${keyText(columns)}) IS NULL
       ) AS grown`,
      [table, since],
    );
    if (row?.grown !== false) return false;
    await this.database.query(`DROP TABLE ${table}`);
    return true;
  }

  async forget(table: string): Promise<void> {
    await this.database.query('DELETE FROM user_service.legacy_audit_handed WHERE source = $1', [table]);
  }

  /** Those of the rows that nobody handed over before; two at once get different ones. */
  private async note(table: string, rows: readonly Row[]): Promise<readonly Row[]> {
    if (rows.length === 0) return [];
    const noted = await this.database.query<{ key: string }>(
      `INSERT INTO user_service.legacy_audit_handed (source, key, event_id)
       SELECT $1, key, id FROM unnest($2::text[], $3::uuid[]) AS r (key, id) ON CONFLICT DO NOTHING RETURNING key`,
      [table, rows.map(({ key }) => textOf(key)), rows.map((row) => eventIdOf(table, row))],
    );
    const fresh = new Set(noted.map(({ key }) => key));
    return rows.filter(({ key }) => fresh.has(textOf(key)));
  }

  private async keyOf(table: string): Promise<readonly KeyColumn[]> {
    const columns = await this.database.query<KeyColumn>(
      `SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type
         FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.n`,
      [table],
    );
    if (columns.length === 0)
      throw new LegacyTrailUnreadable(`${table} has no primary key, which tells its rows apart`);
    return columns;
  }

  private messageOf(table: string, row: Row): OutboxMessage {
    const id = eventIdOf(table, row);
    const event = legacyEventOf(row.row, textOf(row.key));
    const subject = event.userId === null ? null : `user/${event.userId}`;
    const payload = {
      specversion: '1.0',
      id,
      source: '/user-service/legacy',
      type: event.type,
      ...(subject !== null && { subject }),
      time: event.time.toISOString(),
      datacontenttype: 'application/json',
      dataschema: `${this.settings.publicBaseUrl}${SCHEMA_PATH}`,
      data: {
        outcome: event.outcome,
        ...(event.reason !== null && { reason: event.reason }),
        actor: event.userId === null ? { type: 'anonymous' } : { type: 'user', id: event.userId },
        ...clientOf(event),
        details: event.details,
      },
    };
    return { id, topic: 'audit', orderKey: subject ?? id, payload };
  }
}

function clientOf({ ip, userAgent }: LegacyEvent): object {
  const network = ip === null ? undefined : clientNetwork(ip);
  const client = { ...(network !== undefined && { ip: network }), ...(userAgent !== null && { userAgent }) };
  return Object.keys(client).length === 0 ? {} : { client };
}

/** A UUIDv7 of the row's own time whose other bits come from its key: the same row always has the same. */
function eventIdOf(table: string, { row, key }: Row): string {
  const text = textOf(key);
  const bytes = createHash('sha256')
    .update(JSON.stringify([table, text]))
    .digest()
    .subarray(0, 16);
  bytes.writeUIntBE(legacyEventOf(row, text).time.getTime(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// JSON, so that no two keys of several columns read alike.
function textOf(key: readonly string[]): string {
  return key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
}

function keyArray(columns: readonly KeyColumn[]): string {
  return `ARRAY[${columns.map(({ name }) => `t.${name}::text`).join(', ')}]`;
}

function keyText(columns: readonly KeyColumn[]): string {
  // As `textOf` writes it: JSON.stringify puts no spaces between.
  return columns.length === 1
    ? `t.${columns[0]?.name ?? ''}::text`
    : `'[' || concat_ws(',', ${columns.map(({ name }) => `to_json(t.${name}::text)::text`).join(', ')}) || ']'`;
}
