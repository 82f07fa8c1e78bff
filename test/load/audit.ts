import { openSql, type Sql } from '../support/sql.js';
import { emptied, reportLatencies, reportOutage } from './audit-latency.js';
import { Child, run } from './child.js';
import type { OutboxCost, OutboxCostInput } from './outbox-cost.js';
import { table, type Comparison } from './report.js';
import { startStage, type Stage } from './stage.js';
import type { Pace } from './traffic.js';

const BATCH = 500;
const LANES = 8;

/** As large as a sign-in's, which is what there is most of. */
const EVENT = `jsonb_build_object(
  'specversion', '1.0', 'id', id, 'source', '/user-service', 'type', 'session.login_succeeded', 'subject', 'user/' || id,
  'time', '2026-01-01T00:00:00.000Z', 'datacontenttype', 'application/json',
  'dataschema', 'https://id.example.com/schemas/audit/v1',
  'traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'data', jsonb_build_object(
    'outcome', 'success', 'actor', jsonb_build_object('type', 'user', 'id', id, 'sessionId', id),
    'client', jsonb_build_object('ip', '203.0.113.0/24', 'userAgent', repeat('Mozilla/5.0 ', 8)),
    'requestId', id, 'details', jsonb_build_object('sessionId', id, 'amr', '["pwd"]'::jsonb)))`;
const IDS = 'SELECT gen_random_uuid() AS id, n FROM generate_series(1, $1::int) AS n';

const fill = (into: string): string =>
  `WITH ids AS (${IDS}) INSERT INTO ${into} (id, topic, lane, payload) SELECT id, 'audit', n % ${LANES}, ${EVENT} FROM ids`;

interface Rates {
  readonly delivered: number;
  readonly bare: number;
  readonly inserted: number;
}

/** Events from commit to confirmation, beside a bare loop, beside their insertion, one after the other. */
async function round({ databaseUrl }: Stage, sql: Sql, origin: string, count: number): Promise<Rates> {
  await sql.query(fill('user_service.bare_queue'), [count]);
  const { rate: bare } = await run<{ rate: number }>('audit-bare.ts', { databaseUrl, origin, batch: BATCH });
  const inserting = performance.now();
  for (let inserted = 0; inserted < count; inserted += BATCH) await sql.query(fill('user_service.bare_queue'), [BATCH]);
  const inserted = count / ((performance.now() - inserting) / 1_000);
  await sql.query('TRUNCATE user_service.bare_queue');

  await sql.query(fill('user_service.outbox'), [count]);
  // As every process does that adds events for others to send.
  await sql.query(`SELECT pg_notify('user_service_outbox', '')`);
  const begun = performance.now();
  await emptied(sql);
  return { bare, inserted, delivered: count / ((performance.now() - begun) / 1_000) };
}

export interface AuditOptions {
  readonly rounds: number;
  readonly events: number;
  /** How often the Audit Service is healthy, slow and away in turn, and the traffic each time. */
  readonly turns: number;
  readonly turn: Pace;
  /** The traffic of a time without an Audit Service, and of as long a time with one. */
  readonly outage: Pace;
  /** Sign-ups whose statements are timed with and without their rows in the outbox. */
  readonly signUps: number;
}

/** What the delivery of events manages, and what sign-ins feel of it. */
export async function benchAudit(options: AuditOptions, say: (text: string) => void): Promise<Comparison[]> {
  const sink = Child.start('audit-sink.ts', {});
  const { origin } = await sink.answer<{ origin: string }>();
  const stage = await startStage({ env: { AUDIT_SERVICE_URL: origin, AUDIT_BATCH_SIZE: String(BATCH) } });
  const sql = await openSql(stage.databaseUrl);
  try {
    await sql.query('CREATE TABLE user_service.bare_queue (LIKE user_service.outbox INCLUDING ALL)');
    await emptied(sql);
    const rates: Rates[] = [];
    for (let count = 0; count < options.rounds; count += 1) {
      rates.push(await round(stage, sql, origin, options.events));
    }
    await reportCost(stage, options, say);
    const bench = { stage, sql, sink: origin, say };
    await reportLatencies(bench, options.turns, options.turn);
    await reportOutage(bench, options.outage);
    const ours = rates.map(({ delivered }) => delivered);
    return [
      { path: 'audit events', limit: 'claim, POST, delete', ours, limits: rates.map(({ bare }) => bare) },
      { path: 'audit events', limit: 'INSERT of the same rows', ours, limits: rates.map(({ inserted }) => inserted) },
    ];
  } finally {
    await sql.close();
    await stage.stop();
    await sink.stop();
  }
}

/** What a sign-up waits for its rows of the outbox, of all that it waits for. */
async function reportCost(
  { databaseUrl }: Stage,
  { signUps }: AuditOptions,
  say: (text: string) => void,
): Promise<void> {
  const cost = await run<OutboxCost>('outbox-cost.ts', { databaseUrl, signUps } satisfies OutboxCostInput);
  const { hashMs, withMs, withoutMs } = cost;
  const share = (100 * (withMs - withoutMs)) / (hashMs + withMs);
  say(
    `\n${table([
      ['a sign-up by itself, median', ''],
      ['hash of the password', `${hashMs.toFixed(2)} ms`],
      ['its transaction', `${withMs.toFixed(2)} ms`],
      ['its transaction without rows of the outbox', `${withoutMs.toFixed(2)} ms`],
      ['the outbox, of hash and transaction', `${share.toFixed(1)} %`],
    ])}`,
  );
}
