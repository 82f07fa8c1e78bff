import { setTimeout as delay } from 'node:timers/promises';

import type { Sql } from '../support/sql.js';
import { quantileRatio, type Estimate } from '../support/statistics.js';
import type { OrderSeen } from './audit-sink.js';
import { table } from './report.js';
import type { Stage } from './stage.js';
import { Observed, traffic, type Pace } from './traffic.js';

const POLL_MS = 10;
const PATIENCE_MS = 120_000;
const WARM_UP_SECONDS = 10;
/** The rarer sign-ins are, the less they are a load of their own. */
const RAREST = 20;
const LESS = 0.75;
const LEAST_PER_SECOND = 5;
/** By so much a sign-in may be slower while the Audit Service is away. */
const TOLERATED = 1.05;
/** So that at least five are beyond a p99. */
const ENOUGH = 500;

export interface AuditBench {
  readonly stage: Stage;
  readonly sql: Sql;
  /** Where the Audit Service is told how to be. */
  readonly sink: string;
  readonly say: (text: string) => void;
}

async function become({ sink }: AuditBench, mode: string): Promise<void> {
  await fetch(`${sink}/become/${mode}`, { method: 'POST' });
}

export async function emptied(sql: Sql, patienceMs = PATIENCE_MS, before = new Date()): Promise<void> {
  const left = `SELECT 1 FROM user_service.outbox WHERE topic = 'audit' AND created_at <= $1 LIMIT 1`;
  const end = performance.now() + patienceMs;
  while ((await sql.query(left, [before])).length > 0) {
    if (performance.now() > end) throw new Error('The outbox is not being emptied');
    await delay(POLL_MS);
  }
}

/** Healthy, slow and away in turn, each of them first, second and third as often as the others. */
export async function reportLatencies(bench: AuditBench, turns: number, wanted: Pace): Promise<void> {
  const states = ['healthy', 'slow', 'down'].map((mode) => ({ mode, seen: new Observed() }));
  const turn = await bearable(bench, wanted);
  for (let count = 0; count < turns; count += 1) {
    for (let at = 0; at < states.length; at += 1) {
      const state = states[(count + at) % states.length];
      if (state === undefined) continue;
      await become(bench, state.mode);
      state.seen = state.seen.with(await traffic(bench.stage, turn));
      await become(bench, 'healthy');
      await emptied(bench.sql);
    }
  }
  const [healthy, ...others] = states;
  if (healthy === undefined) return;
  bench.say(`\n${table([head(turn), ...states.map(({ mode, seen }) => [mode, ...seen.row])])}\n`);
  for (const { mode, seen } of others) bench.say(compared(`${mode} / healthy`, seen, healthy.seen));
}

/**
 * Half of the time healthy, all of it away, and half of it healthy again, under the same load: as much of both, around the
 * same middle, so that what changes with time alone is the same for both. The load goes on while what waited is delivered.
 */
export async function reportOutage(bench: AuditBench, wanted: Pace): Promise<void> {
  const pace = await bearable(bench, wanted, RAREST);
  const half = { ...pace, seconds: Math.ceil(pace.seconds / 2) };
  const before = await traffic(bench.stage, half);
  await become(bench, 'down');
  const down = await traffic(bench.stage, pace);
  const drained = await drain(bench, pace);
  const after = await traffic(bench.stage, half);

  const healthy = before.with(after);
  bench.say(
    `\n${table([
      head(pace),
      ['healthy, half before and half after', ...healthy.row],
      [`down for ${pace.seconds} s`, ...down.row],
      ['while it drains', ...drained.seen.row],
    ])}\n`,
  );
  bench.say(compared('down / healthy', down, healthy));
  bench.say(`p99 healthy after / before, which is chance: ${ratioOf(after, before).text}`);
  bench.say(`\n${table([['after that, under the same load', ''], ...drained.rows])}`);
}

/**
 * The load that is wanted, or the next lower one that nobody is refused under: first with fewer sign-ins, down to one for
 * `rarest` sign-ups, then with less of everything. Its first part warms the service up.
 */
async function bearable({ stage, say }: AuditBench, wanted: Pace, rarest = wanted.perSignIn): Promise<Pace> {
  const seconds = Math.min(WARM_UP_SECONDS, wanted.seconds);
  let pace = wanted;
  await traffic(stage, { ...pace, seconds });
  for (;;) {
    const { refusedSignIns, refusedSignUps, refused } = await traffic(stage, { ...pace, seconds });
    if (refused === 0) break;
    say(`  ! healthy, ${rates(pace)}: ${refusedSignIns} sign-ins and ${refusedSignUps} sign-ups were refused`);
    if (pace.perSecond <= LEAST_PER_SECOND) break;
    pace = lower(pace, wanted, rarest);
  }
  if (pace !== wanted) say(`  ! measured with ${rates(pace)} instead of ${rates(wanted)}`);
  return pace;
}

function lower(pace: Pace, { perSignIn }: Pace, rarest: number): Pace {
  if (pace.perSignIn < rarest) return { ...pace, perSignIn: pace.perSignIn * 2 };
  return { ...pace, perSignIn, perSecond: Math.max(LEAST_PER_SECOND, Math.floor(pace.perSecond * LESS)) };
}

interface Drained {
  readonly seen: Observed;
  readonly rows: readonly (readonly string[])[];
}

async function drain(bench: AuditBench, pace: Pace): Promise<Drained> {
  const end = new Date();
  const [row] = await bench.sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM user_service.outbox WHERE topic = 'audit' AND created_at <= $1`,
    [end],
  );
  const patience = Math.max(PATIENCE_MS, 1_000 * pace.seconds);
  let isDrained = false;
  const meanwhile = traffic(bench.stage, { ...pace, seconds: patience / 1_000 }, () => isDrained);
  await become(bench, `checked?${String(end.getTime())}`);
  const begun = performance.now();
  try {
    await emptied(bench.sql, patience, end);
  } finally {
    isDrained = true;
  }
  const seconds = (performance.now() - begun) / 1_000;
  const order = (await (await fetch(`${bench.sink}/order`)).json()) as OrderSeen;
  await become(bench, 'healthy');
  return {
    seen: await meanwhile,
    rows: [
      ['events that waited', String(row?.count ?? 0)],
      ['drained after', `${seconds.toFixed(1)} s (${((100 * seconds) / pace.seconds).toFixed(0)} % of the outage)`],
      ['of them out of the order of their lane', `${order.misplaced} of ${order.events}`],
      ['furthest behind a younger one, in batches of one lane', `${(order.behindMs / 1_000).toFixed(1)} s`],
    ],
  };
}

const rates = ({ perSecond, perSignIn }: Pace): string =>
  `${perSecond} sign-ups/s and ${(perSecond / perSignIn).toFixed(1)} sign-ins/s`;

const head = (pace: Pace): string[] => [`${rates(pace)}, Audit Service`, ...Observed.HEAD];

/** In words, because a ratio whose interval holds both sides of the line says neither. */
function compared(what: string, one: Observed, other: Observed): string {
  const { text, ratio } = ratioOf(one, other);
  const isEnough = Math.min(one.blocks.flat().length, other.blocks.flat().length) >= ENOUGH;
  return `p99 ${what}: ${text}, ${isEnough ? verdict(ratio) : 'of too few sign-ins to say anything'}`;
}

function ratioOf(one: Observed, other: Observed): { readonly ratio: Estimate; readonly text: string } {
  const ratio = quantileRatio(one.blocks, other.blocks, 0.99);
  const [value, low, high] = [ratio.value, ratio.low, ratio.high].map((each) => each.toFixed(2));
  return { ratio, text: `${value} (95 %: ${low}–${high})` };
}

function verdict({ low, high }: Estimate): string {
  if (high <= TOLERATED) return 'so at most 5 % slower';
  return low > TOLERATED ? 'so more than 5 % slower' : 'so nobody can tell whether it is 5 % slower';
}
