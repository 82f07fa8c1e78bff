import { setTimeout as delay } from 'node:timers/promises';

import { openSql, type Sql } from '../support/sql.js';
import { Child, run } from './child.js';
import type { OutboxCost, OutboxCostInput } from './outbox-cost.js';
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
  // As every process does that adds events for others to send.
  await sql.query(`SELECT pg_notify('user_service_outbox', '')`);
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

interface SignIns {
  /** Milliseconds, of those that were answered 200. */
  readonly times: number[];
  others: number;
}

interface Pace {
  readonly perSecond: number;
  /** So many sign-ups for one sign-in. */
  readonly perSignIn: number;
  readonly seconds: number;
}

/** Sign-ups and sign-ins that begin at fixed times, whatever became of those before them. */
async function traffic({ origin, addresses }: Stage, pace: Pace, signIns: SignIns = none()): Promise<SignIns> {
  const calls: Promise<void>[] = [];
  const begun = performance.now();
  for (let call = 0; call < pace.perSecond * pace.seconds; call += 1) {
    await delay(Math.max(0, begun + (call * 1_000) / pace.perSecond - performance.now()));
    const email = `${crypto.randomUUID()}@example.com`;
    const signUp = post(`${origin}/api/v1/auth/register`, { email, password: PASSWORD });
    calls.push(signUp.then(() => undefined));
    if (call % pace.perSignIn > 0) continue;
    const at = performance.now();
    const signIn = post(`${origin}/api/v1/auth/login`, {
      email: addresses[call % addresses.length],
      password: PASSWORD,
    });
    calls.push(
      signIn.then(({ status }) => {
        if (status === 200) signIns.times.push(performance.now() - at);
        else signIns.others += 1;
      }),
    );
  }
  await Promise.all(calls);
  return signIns;
}

const none = (): SignIns => ({ times: [], others: 0 });

/** The words of a row: p50, p99, and how many were answered. */
function described({ times, others }: SignIns): string[] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)} ms`;
  return [at(0.5), at(0.99), others === 0 ? String(times.length) : `${times.length}, and ${others} refused`];
}

export interface AuditOptions {
  readonly rounds: number;
  readonly events: number;
  /** How often the Audit Service is healthy, slow and away in turn, and the traffic each time. */
  readonly turns: number;
  readonly turn: Pace;
  /** The traffic of a time without an Audit Service at the end; it is the same before that, for a minute at most. */
  readonly outage: Pace;
  /** Sign-ups whose statements are timed with and without their rows in the outbox. */
  readonly signUps: number;
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
    await reportCost(stage, options, say);
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
  { turns, turn }: AuditOptions,
  say: (text: string) => void,
): Promise<void> {
  const states = ['healthy', 'slow', 'down'].map((mode) => ({ mode, signIns: none() }));
  for (let count = 0; count < turns; count += 1) {
    // Each state is first, second and third as often as the others.
    for (let at = 0; at < states.length; at += 1) {
      const state = states[(count + at) % states.length];
      if (state === undefined) continue;
      await switchTo(state.mode);
      await traffic(stage, turn, state.signIns);
      await switchTo('healthy');
      await emptied(sql);
    }
  }
  const title = `sign-in beside ${turn.perSecond} sign-ups/s, Audit Service`;
  say(
    `\n${table([[title, 'p50', 'p99', 'sign-ins'], ...states.map(({ mode, signIns }) => [mode, ...described(signIns)])])}`,
  );
}

const LONGEST_HEALTHY_SECONDS = 60;

async function reportOutage(
  stage: Stage,
  sql: Sql,
  switchTo: Switch,
  { outage }: AuditOptions,
  say: (text: string) => void,
): Promise<void> {
  const before = await traffic(stage, { ...outage, seconds: Math.min(outage.seconds, LONGEST_HEALTHY_SECONDS) });
  await switchTo('down');
  const meanwhile = await traffic(stage, outage);
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM user_service.outbox WHERE topic = 'audit'`,
  );
  await switchTo('healthy');
  const begun = performance.now();
  await emptied(sql);
  const seconds = (performance.now() - begun) / 1_000;
  const title = `sign-in beside ${outage.perSecond} sign-ups/s, Audit Service`;
  say(
    `\n${table([
      [title, 'p50', 'p99', 'sign-ins'],
      ['healthy, just before', ...described(before)],
      [`down for ${outage.seconds} s`, ...described(meanwhile)],
    ])}\n\n${table([
      ['after that', ''],
      ['events that waited', String(row?.count ?? 0)],
      ['drained after', `${seconds.toFixed(1)} s (${((100 * seconds) / outage.seconds).toFixed(0)} % of the outage)`],
    ])}`,
  );
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
