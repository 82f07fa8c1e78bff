import { setTimeout as delay } from 'node:timers/promises';

import { openSql, type Sql } from '../support/sql.js';
import { Child, run } from './child.js';
import { table, type Comparison } from './report.js';
import { PASSWORD, post, startStage, type Stage } from './stage.js';

const BATCH = 500;
const LANES = 8;
const POLL_MS = 10;
const PATIENCE_MS = 120_000;

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
  const begun = performance.now();
  await emptied(sql);
  return { bare, inserted, delivered: count / ((performance.now() - begun) / 1_000) };
}

async function emptied(sql: Sql): Promise<void> {
  const left = `SELECT 1 FROM user_service.outbox WHERE topic = 'audit' LIMIT 1`;
  const end = performance.now() + PATIENCE_MS;
  while ((await sql.query(left)).length > 0) {
    if (performance.now() > end) throw new Error('The outbox is not being emptied');
    await delay(POLL_MS);
  }
}

interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
}

/** Sign-ups and sign-ins that begin at fixed times, whatever became of those before them. */
async function traffic({ origin, addresses }: Stage, perSecond: number, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const calls: Promise<void>[] = [];
  const begun = performance.now();
  for (let call = 0; call < perSecond * seconds; call += 1) {
    await delay(Math.max(0, begun + (call * 1_000) / perSecond - performance.now()));
    const email = `${crypto.randomUUID()}@example.com`;
    const signUp = post(`${origin}/api/v1/auth/register`, { email, password: PASSWORD });
    calls.push(signUp.then(() => undefined));
    // One in five signs in; of these the time is taken.
    if (call % 5 > 0) continue;
    const at = performance.now();
    const signIn = post(`${origin}/api/v1/auth/login`, {
      email: addresses[call % addresses.length],
      password: PASSWORD,
    });
    calls.push(
      signIn.then(({ status }) => {
        if (status === 200) times.push(performance.now() - at);
      }),
    );
  }
  await Promise.all(calls);
  return times;
}

function latencies(times: readonly number[]): Latencies {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), answers: sorted.length };
}

export interface AuditOptions {
  readonly rounds: number;
  readonly events: number;
  /** Seconds of each kind of trouble in a round. */
  readonly seconds: number;
  /** Sign-ups a second meanwhile. */
  readonly perSecond: number;
  /** Seconds without an Audit Service at the end. */
  readonly outageSeconds: number;
}

/** What the delivery of events manages, and what sign-ins feel of it. */
export async function benchAudit(options: AuditOptions, say: (text: string) => void): Promise<Comparison[]> {
  const sink = Child.start('audit-sink.ts', {});
  const { origin } = await sink.answer<{ origin: string }>();
  const switchTo = async (mode: string): Promise<void> => {
    await fetch(`${origin}/become/${mode}`, { method: 'POST' });
  };
  const stage = await startStage({ env: { AUDIT_SERVICE_URL: origin, AUDIT_BATCH_SIZE: String(BATCH) } });
  const sql = await openSql(stage.databaseUrl);
  try {
    await sql.query('CREATE TABLE user_service.bare_queue (LIKE user_service.outbox INCLUDING ALL)');
    await emptied(sql);
    const rates: Rates[] = [];
    for (let count = 0; count < options.rounds; count += 1) {
      rates.push(await round(stage, sql, origin, options.events));
    }
    await reportLatencies(stage, sql, switchTo, options, say);
    await reportOutage(stage, sql, switchTo, options, say);
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

type Switch = (mode: string) => Promise<void>;

async function reportLatencies(
  stage: Stage,
  sql: Sql,
  switchTo: Switch,
  { rounds, seconds, perSecond }: AuditOptions,
  say: (text: string) => void,
): Promise<void> {
  const modes = ['healthy', 'slow', 'down'] as const;
  const times = new Map<string, number[]>(modes.map((mode) => [mode, []]));
  for (let count = 0; count < rounds; count += 1) {
    for (const [mode, all] of times) {
      await switchTo(mode);
      all.push(...(await traffic(stage, perSecond, seconds)));
      await switchTo('healthy');
      await emptied(sql);
    }
  }
  const rows = [...times].map(([mode, all]) => {
    const { p50Ms, p99Ms, answers } = latencies(all);
    return [mode, `${p50Ms.toFixed(0)} ms`, `${p99Ms.toFixed(0)} ms`, String(answers)];
  });
  say(`\n${table([[`sign-in beside ${perSecond} sign-ups/s, Audit Service`, 'p50', 'p99', 'sign-ins'], ...rows])}`);
}

async function reportOutage(
  stage: Stage,
  sql: Sql,
  switchTo: Switch,
  { outageSeconds, perSecond }: AuditOptions,
  say: (text: string) => void,
): Promise<void> {
  await switchTo('down');
  const { p99Ms } = latencies(await traffic(stage, perSecond, outageSeconds));
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM user_service.outbox WHERE topic = 'audit'`,
  );
  await switchTo('healthy');
  const begun = performance.now();
  await emptied(sql);
  const seconds = (performance.now() - begun) / 1_000;
  say(
    `\n${table([
      [`Audit Service down for ${outageSeconds} s`, ''],
      ['sign-in p99 meanwhile', `${p99Ms.toFixed(0)} ms`],
      ['events that waited', String(row?.count ?? 0)],
      ['drained after', `${seconds.toFixed(1)} s (${((100 * seconds) / outageSeconds).toFixed(0)} % of the outage)`],
    ])}`,
  );
}
