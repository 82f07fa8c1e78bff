/** The paths that every request of every other system takes: the service on one core, load and servers on the other. */
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openSql } from '../support/sql.js';
import { Child, run } from './child.js';
import { stayOnCore } from './cores.js';
import type { FloodJob, FloodResult } from './flood.js';
import type { IdealInput } from './ideal-server.js';
import type { Comparison } from './report.js';
import { PASSWORD, post, startStage, type Stage } from './stage.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');
const SERVICE_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 32;
const COLD_TOKENS = 4_000;
const PAUSE_MS = 200;

export const HOT_NAMES = ['me', 'introspect', 'verify', 'refresh'] as const;
type HotName = (typeof HOT_NAMES)[number];

const BYTES = 'same bytes as GET /users/me, bare Fastify';
const ROWS: readonly { name: HotName; path: string; ours: string; limit: string; limits: string }[] = [
  { name: 'me', path: 'GET /users/me, warm', ours: 'me', limit: BYTES, limits: 'bytes' },
  { name: 'me', path: 'GET /users/me, cold', ours: 'coldMe', limit: BYTES, limits: 'bytes' },
  { name: 'introspect', path: 'introspection, warm', ours: 'introspect', limit: BYTES, limits: 'bytes' },
  { name: 'introspect', path: 'introspection, cold', ours: 'coldIntrospect', limit: BYTES, limits: 'bytes' },
  { name: 'verify', path: 'forward-auth, warm', ours: 'verify', limit: BYTES, limits: 'bytes' },
  { name: 'refresh', path: 'refresh', ours: 'refresh', limit: 'same statements by pg, bare Fastify', limits: 'ideal' },
];

interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
}

async function signInAll({ origin, addresses }: Stage): Promise<SignedIn[]> {
  const all: SignedIn[] = [];
  for (const email of addresses) {
    const { status, body } = await post(`${origin}/api/v1/auth/login`, { email, password: PASSWORD });
    if (status !== 200) throw new Error(`A sign-in was answered ${status}`);
    all.push({ accessToken: String(body['accessToken']), refreshToken: String(body['refreshToken']) });
  }
  return all;
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** Tokens of sessions that the service has never seen: copies of one session under new ids. */
async function coldTokens({ databaseUrl, env }: Stage, like: string, count: number): Promise<string[]> {
  const claims = claimsOf(like);
  const sessions = Array.from({ length: count }, () => randomUUID());
  const sql = await openSql(databaseUrl);
  await sql.query(
    `INSERT INTO user_service.sessions (id, user_id, epoch, amr, acr, auth_time, created_at, last_seen_at, expires_at)
     SELECT fresh.id, s.user_id, s.epoch, s.amr, s.acr, s.auth_time, s.created_at, s.last_seen_at, s.expires_at
       FROM unnest($1::uuid[]) AS fresh (id), user_service.sessions s WHERE s.id = $2`,
    [sessions, claims['sid']],
  );
  await sql.close();
  const [head = ''] = like.split('.');
  return sessions.map((sid) => {
    const body = Buffer.from(JSON.stringify({ ...claims, sid, jti: randomUUID() })).toString('base64url');
    const signature = createHmac('sha512', env['JWT_SECRET'] ?? '').update(`${head}.${body}`);
    return `${head}.${body}.${signature.digest('base64url')}`;
  });
}

async function flood(job: Omit<FloodJob, 'connections' | 'expected'> & { expected?: number }): Promise<FloodResult> {
  const result = await run<FloodResult>('flood.ts', { connections: CONNECTIONS, expected: 200, ...job });
  if (result.others > 0) process.stdout.write(`  ! ${job.path}: ${result.others} answers were not expected\n`);
  await delay(PAUSE_MS);
  return result;
}

/** What can be measured, by name; each answers a rate. */
function measurements(stage: Stage, users: readonly SignedIn[], ideal: string, apiKey: string, seconds: number) {
  const { origin } = stage;
  const like = users[0]?.accessToken ?? '';
  const bearer = { authorization: `Bearer ${like}` };
  const asService = { 'x-api-key': apiKey, 'content-type': 'application/x-www-form-urlencoded' };
  const gateway = { ...bearer, 'x-api-key': apiKey };
  let held: readonly string[] = users.map(({ refreshToken }) => refreshToken).slice(0, CONNECTIONS);
  const refresh = async (where: string, path: string): Promise<number> => {
    const json = { 'content-type': 'application/json' };
    const job = { origin: where, method: 'POST', path, headers: json, refreshTokens: held, seconds } as const;
    const { rate, refreshTokens } = await flood(job);
    held = refreshTokens;
    return rate;
  };
  const cold = async (job: Pick<FloodJob, 'method' | 'path' | 'headers' | 'tokensGo'>): Promise<number> => {
    const tokenFile = join(stage.home, 'tokens');
    await writeFile(tokenFile, (await coldTokens(stage, like, COLD_TOKENS)).join('\n'), { mode: 0o600 });
    return (await flood({ origin, seconds: 60, ...job, tokenFile })).rate;
  };
  const get = (path: string): Pick<FloodJob, 'method' | 'path'> => ({ method: 'GET', path });
  const introspect = { method: 'POST', path: '/api/v1/oauth/introspect', headers: asService } as const;
  const me = { ...get('/api/v1/users/me'), headers: bearer };
  return {
    bytes: async () => (await flood({ origin: ideal, ...get('/bytes'), headers: {}, seconds })).rate,
    me: async () => (await flood({ origin, ...me, seconds })).rate,
    coldMe: () => cold({ ...get('/api/v1/users/me'), headers: {}, tokensGo: 'as bearer' }),
    introspect: async () => (await flood({ origin, ...introspect, body: `token=${like}`, seconds })).rate,
    coldIntrospect: () => cold({ ...introspect, tokensGo: 'in a form' }),
    verify: async () =>
      (await flood({ origin, ...get('/api/v1/gateway/verify'), headers: gateway, expected: 204, seconds })).rate,
    refresh: () => refresh(origin, '/api/v1/auth/refresh'),
    ideal: () => refresh(ideal, '/refresh'),
  };
}

function createApiKey(env: Readonly<Record<string, string>>): string {
  const args = [CLI, 'create-api-key', '--name', 'bench', '--scopes', 'tokens:introspect'];
  return execFileSync(process.execPath, args, {
    env: { ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

async function startIdeal(stage: Stage, accessToken: string): Promise<{ child: Child; origin: string }> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const profile = await (await fetch(`${stage.origin}/api/v1/users/me`, { headers })).text();
  const { databaseUrl, blindIndexKey } = stage;
  const input: IdealInput = { databaseUrl, blindIndexKey, profile };
  const child = Child.start('ideal-server.ts', input, SERVICE_CORE);
  return { child, ...(await child.answer<{ origin: string }>()) };
}

/** Ours and its limit in turn, round by round. */
export async function compareHotPaths(rounds: number, seconds: number, only?: string): Promise<Comparison[]> {
  const rows = ROWS.filter(({ name }) => only === undefined || name === only);
  if (rows.length === 0) return [];
  const release = stayOnCore(LOAD_CORE);
  const stage = await startStage({ core: SERVICE_CORE });
  let ideal: Child | undefined;
  try {
    const users = await signInAll(stage);
    const { child, origin } = await startIdeal(stage, users[0]?.accessToken ?? '');
    ideal = child;
    const measure = measurements(stage, users, origin, createApiKey(stage.env), seconds) as Record<
      string,
      () => Promise<number>
    >;
    const names = new Set(rows.flatMap(({ ours, limits }) => [limits, ours]));
    const rates = new Map([...names].map((name) => [name, [] as number[]]));
    // The first one is not counted: compilers share the service's core then.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, all] of rates) {
        const rate = await measure[name]?.();
        if (round > 0) all.push(rate ?? Number.NaN);
      }
    }
    return rows.map(({ path, limit, ours, limits }) => ({
      ...{ path, limit },
      ...{ ours: rates.get(ours) ?? [], limits: rates.get(limits) ?? [] },
    }));
  } finally {
    await ideal?.stop();
    await stage.stop();
    release();
  }
}
