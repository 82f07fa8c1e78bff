/**
 * `npm run bench`: what the service does in a second, beside what the machine would allow in the same minute. Add
 * `-- --quick` for a first impression, and `-- --only register` (or `sign-in`, `me`) for one path, whose rounds it prints
 * as they come. Everything runs on this machine's loopback and is gone afterwards.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { Child, run } from './child.js';
import type { LoadJob, LoadResult } from './generator.js';
import type { IdealInput } from './ideal-server.js';
import { comparisonTable, table, type Comparison } from './report.js';
import { MEMORY, metric, PASSWORD, signIn, startStage, untilMailsAreSent, type Stage } from './stage.js';
import { timeStarts } from './start-up.js';
import { storm } from './storm.js';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const { quick, only } = options;
const ROUNDS = quick ? 2 : 5;
const SECONDS = quick ? 1 : 2;
const STORM_SECONDS = quick ? 3 : 5;
const SIGNING_IN = 8 * availableParallelism();
// A registration is answered after 150 ms at the earliest, so it takes more of them to keep every core hashing.
const REGISTERING = 24 * availableParallelism();
const READING = 32;
const NO_MORE_MS = 300;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Actors {
  readonly stage: Stage;
  readonly accessToken: string;
  readonly signIns: readonly string[];
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
function measurements({ stage, accessToken, signIns, ideal }: Actors) {
  const { origin } = stage;
  const signingIn = { method: 'POST', bodies: signIns, connections: SIGNING_IN, expected: 200 } as const;
  const registrations = [`{"email":"{unique}@example.com","password":"${PASSWORD}"}`];
  const registering = { method: 'POST', bodies: registrations, connections: REGISTERING } as const;
  const reading = { method: 'GET', connections: READING, expected: 200 } as const;
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    hashes,
    signIn: () => rateOf({ ...signingIn, origin, path: '/api/v1/auth/login' }),
    signInIdeal: () => rateOf({ ...signingIn, origin: ideal, path: '/login' }),
    register: () => rateOf({ ...registering, origin, path: '/api/v1/auth/register', expected: 202 }),
    registerIdeal: () => rateOf({ ...registering, origin: ideal, path: '/register', expected: 200 }),
    me: () => rateOf({ ...reading, origin, path: '/api/v1/users/me', headers }),
    meIdeal: () => rateOf({ ...reading, origin: ideal, path: '/me' }),
    meBytes: () => rateOf({ ...reading, origin: ideal, path: '/bytes' }),
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
  { path: 'GET /users/me', name: 'me', ours: 'me', limit: 'same bytes, bare Fastify', limits: 'meBytes' },
  { path: 'GET /users/me', name: 'me', ours: 'me', limit: 'same statements by pg, bare Fastify', limits: 'meIdeal' },
];

async function compare(actors: Actors): Promise<Comparison[]> {
  const measure = measurements(actors);
  const rows = ROWS.filter(({ name }) => only === undefined || name === only);
  if (rows.length === 0) throw new Error(`--only knows ${[...new Set(ROWS.map(({ name }) => name))].join(', ')}`);
  const names = new Set(rows.flatMap(({ limits, ours }) => [limits, ours]));
  const rates = new Map<Measured, number[]>([...names].map((name) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`Round ${round} of ${ROUNDS} …`);
    for (const [name, all] of rates) {
      const rate = await measure[name]();
      all.push(rate);
      if (only !== undefined) say(`  ${name} ${rate.toFixed(1)} /s`);
      if (name === 'register') await untilMailsAreSent(actors.stage);
    }
  }
  return rows.map(({ path, limit, ours, limits }) => ({
    ...{ path, limit },
    ...{ ours: rates.get(ours) ?? [], limits: rates.get(limits) ?? [] },
  }));
}

async function startIdeal(stage: Stage, accessToken: string): Promise<{ child: Child; origin: string }> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const profile = await (await fetch(`${stage.origin}/api/v1/users/me`, { headers })).text();
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
  const { databaseUrl, blindIndexKey } = stage;
  const { id } = JSON.parse(profile) as { id: string };
  const input: IdealInput = { databaseUrl, blindIndexKey, profile, userId: id, sessionId: claims.sid };
  const child = Child.start('ideal-server.ts', input);
  return { child, ...(await child.answer<{ origin: string }>()) };
}

async function reportStorm({ stage, accessToken, signIns }: Actors): Promise<void> {
  const { origin } = stage;
  await metric(origin, MEMORY); // the delay of the event loop is counted from one look to the next
  const result = await storm({ origin, accessToken, bodies: signIns }, STORM_SECONDS);
  const loop = await metric(origin, 'nodejs_eventloop_lag_p99_seconds');
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
      ['GET /users/me', `${reading} (${((100 * result.during) / result.undisturbed).toFixed(0)} %)`],
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

async function bench(): Promise<void> {
  say(`Node ${process.versions.node}, ${availableParallelism()} cores. Starting PostgreSQL and the service …`);
  const starts = only === undefined ? await timeStarts() : undefined;
  const stage = await startStage();
  let ideal: Child | undefined;
  try {
    const accessToken = await signIn(stage);
    const { child, origin } = await startIdeal(stage, accessToken);
    ideal = child;
    const signIns = stage.addresses.map((email) => JSON.stringify({ email, password: PASSWORD }));
    const actors: Actors = { stage, accessToken, signIns, ideal: origin };
    const comparisons = await compare(actors);
    say(`\nPer second: median of ${ROUNDS} rounds (least–most); each round measures ours and the limit in turn.\n`);
    say(comparisonTable(comparisons));
    if (starts === undefined) return;
    await reportStorm(actors);
    reportRest(stage, await metric(stage.origin, MEMORY), starts);
  } finally {
    await ideal?.stop();
    await stage.stop();
  }
}

await bench();
