import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { createTestDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';
import { brokenInvariants, NOTHING_BROKEN } from './invariants.js';
import { Load, slowest, tally, type Seen } from './load.js';
import { manySessions, people, sessionsOf } from './people.js';
import { quantile, revokeAll, stillRefused, type Revocation } from './revocations.js';
import { figure, startStage, untilReadiness, type Stage } from './stage.js';

const READERS = 6;
const REFRESHERS = 4;
const SIGNERS = 2;
const VICTIMS = 6;
/** How many more answers of each kind prove that a state lasts. */
const ANSWERS = 5;

/** OP-05. What is slower than this has waited for Redis. */
const ADDED_MS = 250;
const UNDISTURBED_MS = 100;
/** Answers that did not come until an instance stops asking (faults-and-slo.md 5.3). */
const BREAKER = 5;
/** SE-16 */
const REVOKED_MS = 1_000;
const MOST_GROWTH = 100e6;
const MEMORY = 'process_resident_memory_bytes';
const PAUSE_MS = 4_000;
const MEANWHILE_MS = 100;

interface Fault {
  readonly id: string;
  readonly name: string;
  /** What readiness says while it lasts. */
  readonly readiness: 'ok' | 'degraded';
  begin(redis: TestRedis): Promise<unknown>;
  /** While sessions are being ended. */
  meanwhile?(redis: TestRedis): Promise<unknown>;
  end(redis: TestRedis): Promise<unknown>;
  /** True when it was really there, asked after `end`. */
  happened(redis: TestRedis, refusals: number): Promise<boolean>;
}

const FAULTS: readonly Fault[] = [
  {
    id: 'F11',
    name: 'Redis killed',
    readiness: 'degraded',
    begin: (redis) => redis.kill(),
    end: (redis) => redis.restart(),
    happened: async (_redis, refusals) => refusals > 0,
  },
  {
    id: 'F12',
    name: 'Redis stopped where it stands',
    readiness: 'degraded',
    begin: async (redis) => redis.pause(),
    end: async (redis) => redis.resume(),
    happened: async (_redis, refusals) => refusals > 0,
  },
  {
    id: 'F13',
    name: 'Redis that makes all its clients wait',
    readiness: 'degraded',
    begin: (redis) => redis.admin.call('CLIENT', 'PAUSE', PAUSE_MS, 'ALL'),
    // Answered when the pause is over.
    end: (redis) => redis.admin.ping(),
    happened: async (_redis, refusals) => refusals > 0,
  },
  {
    id: 'F14',
    name: 'Redis emptied again and again',
    readiness: 'ok',
    begin: (redis) => redis.admin.flushall(),
    meanwhile: (redis) => redis.admin.flushall(),
    end: (redis) => redis.admin.flushall(),
    happened: async (redis) => /cmdstat_flushall:calls=\d\d/.test(await redis.admin.info('commandstats')),
  },
  {
    id: 'F15',
    name: 'Redis out of memory, which takes no writes',
    readiness: 'ok',
    begin: (redis) => redis.admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1'),
    end: (redis) => redis.admin.config('SET', 'maxmemory', '0'),
    happened: async (_redis, refusals) => refusals > 0,
  },
  {
    id: 'F16',
    name: 'Redis back with an old snapshot',
    readiness: 'ok',
    begin: (redis) => redis.admin.save(),
    // Killed and started: what is in it now is from before anybody signed out.
    end: (redis) => redis.restart(),
    happened: async (redis, refusals) =>
      refusals > 0 && /loading_|rdb_last_load_keys_loaded:[1-9]/.test(await redis.admin.info('persistence')),
  },
];

jest.setTimeout(120_000);

describe('OP-05, I8, I9, I14 Trouble with Redis under load', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let stage: Stage;
  let sql: Sql;
  let load: Load;
  let victims: SignedIn[];
  let memory: number[];
  const secrets: string[] = [];
  const cleanUps: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await startRedis({ snapshots: true });
    cleanUps.unshift(() => redis.stop());
    database = await createTestDatabase();
    cleanUps.unshift(() => database.drop());
    sql = await openSql(database.url);
    cleanUps.unshift(() => sql.close());
    stage = await startStage({ databaseUrls: [database.url, database.url], redisUrl: redis.url });
    cleanUps.unshift(() => stage.stop());
    const addresses = await people(stage, READERS + REFRESHERS + SIGNERS);
    const users = await sessionsOf(stage, addresses.slice(0, READERS + REFRESHERS));
    victims = await manySessions(stage, VICTIMS * FAULTS.length);
    secrets.push(...addresses, ...[...users, ...victims].flatMap((user) => [user.accessToken, user.refreshToken]));
    load = new Load(stage, {
      readers: users.slice(0, READERS),
      refreshers: users.slice(READERS),
      addresses: addresses.slice(-SIGNERS),
    });
    cleanUps.unshift(() => load.stop());
    await load.served();
    memory = await Promise.all(stage.instances.map((instance) => figure(instance, MEMORY)));
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  const failures = async (): Promise<number> => {
    const all = stage.instances.map((each) => figure(each, 'redis_commands_total', /"(disconnected|timeout|refused)"/));
    return (await Promise.all(all)).reduce((sum, each) => sum + each, 0);
  };

  describe.each(FAULTS)('$id $name', (fault) => {
    let happened: boolean;
    let revocations: Revocation[];
    let backMs: number;
    let degradedMs: number;
    let during: Seen[];
    let probes: Seen[];
    let after: number[];

    beforeAll(async () => {
      await untilReadiness(stage, 200, 'ok');
      const before = await failures();
      const begun = performance.now();
      await Promise.race([fault.begin(redis), load.answers(1)]);
      degradedMs = await untilReadiness(stage, 200, fault.readiness);
      const ending = revokeAll(stage, victims.splice(0, VICTIMS), VICTIMS);
      const meanwhile = setInterval(() => void fault.meanwhile?.(redis), MEANWHILE_MS);
      [revocations] = await Promise.all([ending, load.answers(ANSWERS)]).finally(() => {
        clearInterval(meanwhile);
      });
      await fault.end(redis);
      backMs = await untilReadiness(stage, 200, 'ok');
      await load.answers(ANSWERS);
      const over = performance.now();
      during = load.between(begun, over);
      probes = load.between(begun, over, 'live');
      after = await stillRefused(
        stage,
        revocations.map(({ session }) => session),
      );
      happened = await fault.happened(redis, (await failures()) - before);
    });

    it('is really there', () => {
      expect(happened).toBe(true);
    });

    it('fails nobody who signs in, refreshes or reads', () => {
      expect(Object.keys(tally(during))).toEqual(['200']);
      for (const kind of ['me', 'refresh', 'sign-in']) {
        expect(during.filter((seen) => seen.kind === kind).length).toBeGreaterThanOrEqual(2 * ANSWERS);
      }
    });

    it('lets no token in whose session was ended, not at once where it ended and within 1 s elsewhere', () => {
      expect(revocations.map(({ status, there }) => [status, there])).toEqual(Array(VICTIMS).fill([204, 401]));
      expect(Math.max(...revocations.map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(REVOKED_MS);
      expect([...new Set(revocations.flatMap(({ refusals }) => refusals))]).toEqual([401]);
      expect(after).toEqual([401]);
    });

    it('makes a few requests wait 250 ms at most, and the others not at all', () => {
      const busy = slowest(probes);
      const times = during.filter(({ kind }) => kind !== 'sign-in').map(({ tookMs }) => tookMs);
      const waited = times.filter((tookMs) => tookMs > UNDISTURBED_MS + busy);

      expect(quantile(times, 0.99)).toBeLessThan(ADDED_MS + busy);
      // Those that were under way on both instances when the last one that was still asked gave up.
      expect(waited.length).toBeLessThanOrEqual(2 * BREAKER + READERS + REFRESHERS);
    });

    it('shows in readiness as what it is, and is over within 10 s', () => {
      expect(degradedMs).toBeLessThan(10_000);
      expect(backMs).toBeLessThan(10_000);
      expect(stage.instances.map(({ process }) => process.isRunning)).toEqual([true, true]);
    });
  });

  it('leaves sessions and their events as they have to be', async () => {
    await load.stop();

    expect(await brokenInvariants(sql)).toEqual(NOTHING_BROKEN);
  });

  it('costs no memory', async () => {
    const now = await Promise.all(stage.instances.map((instance) => figure(instance, MEMORY)));

    for (const [index, bytes] of now.entries()) expect(bytes - (memory[index] ?? 0)).toBeLessThan(MOST_GROWTH);
  });

  it('DP-07 leaves nothing in Redis without an end, and nothing that says who or lets in', async () => {
    const keys = await redis.admin.keys('*');
    const lives = await Promise.all(keys.map((key) => redis.admin.pttl(key)));
    const values = await Promise.all(keys.map((key) => redis.admin.get(key)));
    const text = [...keys, ...values].join('\n');

    expect(keys.length).toBeGreaterThan(READERS);
    expect(Math.min(...lives)).toBeGreaterThan(0);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('I13 writes no address and no token into the log', () => {
    const text = stage.instances.map(({ process }) => process.output).join('\n');

    expect(text).toContain('redis_lost');
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});
