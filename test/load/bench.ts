/**
 * `npm run bench`: what the service does in a second, beside what the machine would allow in the same minute. Add
 * `-- --quick` for a first impression, and `-- --only register` (or `sign-in`, `me`, `introspect`, `verify`, `refresh`) for
 * one path, or `-- --only audit` for the delivery of events (`--outage 600`: with an Audit Service that is away for ten
 * minutes, which takes half an hour). Everything runs on this machine's loopback and is gone afterwards.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { benchAudit } from './audit.js';
import { Child, run } from './child.js';
import type { LoadJob, LoadResult } from './generator.js';
import type { IdealInput } from './ideal-server.js';
import { CAN_PIN } from './cores.js';
import { compareHotPaths, HOT_NAMES } from './hot-paths.js';
import { comparisonTable, table, type Comparison } from './report.js';
import { timeRevocations, type RevocationDelay } from './revocations.js';
import {
  endSessions,
  knownDevices,
  MEMORY,
  metric,
  PASSWORD,
  signIn,
  startStage,
  untilMailsAreSent,
  type Stage,
} from './stage.js';
import { timeStarts } from './start-up.js';
import { storm, type Storm } from './storm.js';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, outage: { type: 'string' } },
});
const { quick, only } = options;
const OUTAGE_SECONDS = Number(options.outage ?? (quick ? 10 : 60));
const ROUNDS = quick ? 2 : 5;
const SECONDS = quick ? 1 : 4;
const HOT_SECONDS = quick ? 1 : 2;
const STORM_SECONDS = quick ? 3 : 5;
const STORMS = quick ? 1 : 3;
const SIGNING_IN = 8 * availableParallelism();
// A registration is answered after 150 ms at the earliest, so it takes more of them to keep every core hashing.
const REGISTERING = 24 * availableParallelism();
// Of each connection that is closed a hash may be waiting: 24 for each core, half a second of it.
const NO_MORE_MS = 1_000;
const REVOCATIONS = quick ? 30 : 100;
const ONE_CORE = 'The service, or its limit, on one core; load and PostgreSQL on the other:';
const ALL_CORES = 'Processes cannot be kept to a core here, so all share all:';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Actors {
  readonly stage: Stage;
  readonly signIns: readonly string[];
  readonly deviceTokens: readonly string[];
  /** The origin of the server that does only what it must. */
  readonly ideal: string;
}

async function rateOf(job: Omit<LoadJob, 'seconds'>): Promise<number> {
  const { rate, others } = await run<LoadResult>('generator.ts', { ...job, seconds: SECONDS } satisfies LoadJob);
  if (others > 0) say(`  ! ${job.path}: ${others} answers were not ${job.expected}`);
  // What the closed connections have left in queues is not the next measurement's.
  await new Promise((resolve) => setTimeout(resolve, NO_MORE_MS));
  return rate;
}

const hashes = async (): Promise<number> => (await run<{ rate: number }>('hash-limit.ts', { seconds: SECONDS })).rate;

/** Everything that is measured in a round, by name. */
function measurements({ stage, signIns, deviceTokens, ideal }: Actors) {
  const { origin } = stage;
  // People on devices that are known, with no older session to end: what most sign-ins are.
  const signingIn = { method: 'POST', bodies: signIns, deviceTokens, connections: SIGNING_IN, expected: 200 } as const;
  const signInAt = async (origin: string, path: string): Promise<number> => {
    await endSessions(stage);
    return rateOf({ ...signingIn, origin, path });
  };
  const registrations = [`{"email":"{unique}@example.com","password":"${PASSWORD}"}`];
  const registering = { method: 'POST', bodies: registrations, connections: REGISTERING } as const;
  return {
    hashes,
    signIn: () => signInAt(origin, '/api/v1/auth/login'),
    signInIdeal: () => signInAt(ideal, '/login'),
    register: () => rateOf({ ...registering, origin, path: '/api/v1/auth/register', expected: 202 }),
    registerIdeal: () => rateOf({ ...registering, origin: ideal, path: '/register', expected: 200 }),
  };
}

type Measurements = ReturnType<typeof measurements>;
type Measured = keyof Measurements;

const STATEMENTS = 'same statements by pg, same hash, bare Fastify';

/** The table's rows: ours and its limit, by path. In a round they are measured in this order. */
const ROWS: readonly { path: string; name: string; ours: Measured; limit: string; limits: Measured }[] = [
  { path: 'sign-in: hashes', name: 'sign-in', ours: 'signIn', limit: 'argon2 alone', limits: 'hashes' },
  { path: 'sign-in', name: 'sign-in', ours: 'signIn', limit: STATEMENTS, limits: 'signInIdeal' },
  { path: 'register', name: 'register', ours: 'register', limit: STATEMENTS, limits: 'registerIdeal' },
];

async function compare(actors: Actors): Promise<Comparison[]> {
  const measure = measurements(actors);
  const rows = ROWS.filter(({ name }) => only === undefined || name === only);
  const names = new Set(rows.flatMap(({ limits, ours }) => [limits, ours]));
  const rates = new Map<Measured, number[]>([...names].map((name) => [name, []]));
  // The first one is not counted: compilers still take a tenth of the machine then, and both servers run for months.
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(round === 0 ? 'Warming up …' : `Round ${round} of ${ROUNDS} …`);
    for (const [name, all] of rates) {
      const rate = await measure[name]();
      if (round > 0) all.push(rate);
      if (only !== undefined) say(`  ${name} ${rate.toFixed(1)} /s`);
      if (name === 'register') await untilMailsAreSent(actors.stage);
    }
  }
  return rows.map(({ path, limit, ours, limits }) => ({
    ...{ path, limit },
    ...{ ours: rates.get(ours) ?? [], limits: rates.get(limits) ?? [] },
  }));
}

async function startIdeal(stage: Stage): Promise<{ child: Child; origin: string }> {
  const { databaseUrl, blindIndexKey } = stage;
  const child = Child.start('ideal-server.ts', { databaseUrl, blindIndexKey, profile: '' } satisfies IdealInput);
  return { child, ...(await child.answer<{ origin: string }>()) };
}

const shareOf = ({ during, undisturbed }: Storm): number => during / undisturbed;

async function reportStorm({ stage, signIns }: Actors): Promise<void> {
  const { origin } = stage;
  await metric(origin, MEMORY); // the delay of the event loop is counted from one look to the next
  const storms: Storm[] = [];
  while (storms.length < STORMS) {
    // Those who signed in meanwhile have taken the place of every session from before.
    const accessToken = await signIn(stage);
    storms.push(await storm({ origin, accessToken, bodies: signIns }, STORM_SECONDS));
  }
  const loop = await metric(origin, 'nodejs_eventloop_lag_p99_seconds');
  // The one in the middle: a single one shows what else the machine was at.
  const result = storms.toSorted((one, other) => shareOf(one) - shareOf(other))[(STORMS - 1) / 2]!;
  const answers = Object.entries(result.signIns.answers).map(([status, count]) => `${count} × ${status}`);
  const reading = `${result.during.toFixed(0)} of ${result.undisturbed.toFixed(0)} /s`;
  say('');
  say(
    table([
      [`in a storm of 500 clients that sign in for ${STORM_SECONDS} s`, ''],
      ['sign-ins', answers.join(', ')],
      ['slowest sign-in', `${(result.signIns.slowestMs / 1_000).toFixed(1)} s`],
      ['GET /health/live, p99', `${result.live.p99Ms.toFixed(0)} ms`],
      ['event loop delay, p99', `${(loop * 1_000).toFixed(0)} ms`],
      ['GET /users/me', `${reading} (${(100 * shareOf(result)).toFixed(0)} %)`],
    ]),
  );
}

function reportRest(stage: Stage, loaded: number, starts: { first: number; second: number }): void {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  say('');
  say(
    table([
      ['process', ''],
      ['memory (RSS) before the first request', megabytes(stage.idleMemory)],
      ['memory (RSS) after all of this', megabytes(loaded)],
      ['npm start until ready, empty folder', `${starts.first.toFixed(1)} s`],
      ['npm start until ready, again', `${starts.second.toFixed(1)} s`],
    ]),
  );
}

function reportRevocations(delays: readonly RevocationDelay[]): void {
  const rows = delays.map(({ how, p50Ms, p99Ms }) => [how, `${p50Ms.toFixed(0)} ms`, `${p99Ms.toFixed(0)} ms`]);
  say('');
  say(table([['refused by another instance after', 'p50', 'p99'], ...rows]));
}

/** Registration and sign-in, with all cores for everybody. */
async function benchCredentials(): Promise<void> {
  const starts = only === undefined ? await timeStarts() : undefined;
  const stage = await startStage();
  let ideal: Child | undefined;
  try {
    const { child, origin } = await startIdeal(stage);
    ideal = child;
    const signIns = stage.addresses.map((email) => JSON.stringify({ email, password: PASSWORD }));
    const actors: Actors = { stage, signIns, deviceTokens: await knownDevices(stage), ideal: origin };
    if (wantsRows()) say(`${comparisonTable(await compare(actors))}\n`);
    if (isWanted('storm')) await reportStorm(actors);
    if (starts !== undefined) reportRest(stage, await metric(stage.origin, MEMORY), starts);
  } finally {
    await ideal?.stop();
    await stage.stop();
  }
}

async function reportAudit(): Promise<void> {
  const turn = { perSecond: quick ? 15 : 20, perSignIn: 2, seconds: quick ? 2 : 6 };
  const outage = { perSecond: 50, perSignIn: 5, seconds: OUTAGE_SECONDS };
  const settings = { rounds: quick ? 2 : 3, events: quick ? 20_000 : 50_000, turns: quick ? 3 : 9, turn, outage };
  const compared = await benchAudit({ ...settings, signUps: quick ? 50 : 200 }, say);
  say(`\n${comparisonTable(compared)}`);
}

const isWanted = (name: string): boolean => only === undefined || only === name;
const wantsRows = (): boolean => ROWS.some(({ name }) => isWanted(name));

async function bench(): Promise<void> {
  const names = [...new Set(ROWS.map(({ name }) => name)), 'storm', ...HOT_NAMES, 'revocation', 'audit'];
  if (only !== undefined && !names.includes(only)) throw new Error(`--only knows ${names.join(', ')}`);
  say(`Node ${process.versions.node}, ${availableParallelism()} cores. Starting PostgreSQL and the service …`);
  say(`\nPer second: median of ${ROUNDS} rounds (least–most); each round measures ours and the limit in turn.\n`);
  if (isWanted('storm') || wantsRows()) await benchCredentials();
  const hot = await compareHotPaths(ROUNDS, HOT_SECONDS, only);
  if (hot.length > 0) say(`\n${CAN_PIN ? ONE_CORE : ALL_CORES}\n\n${comparisonTable(hot)}`);
  if (isWanted('audit')) await reportAudit();
  if (isWanted('revocation')) reportRevocations(await timeRevocations(REVOCATIONS));
}

await bench();
