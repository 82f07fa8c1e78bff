import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { startTestCluster, type TestCluster } from '../support/postgres-cluster.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { createDatabase } from '../support/service-database.js';
import { APP_USER, openSql, type Sql } from '../support/test-database.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait.js';
import { brokenInvariants, NOTHING_BROKEN } from './invariants.js';
import { answersBut, Load, SERVED, slowest, tally, type Kind } from './load.js';
import { manySessions, people, sessionsOf } from './people.js';
import { revokeAll, stillRefused } from './revocations.js';
import { SlowWire } from './slow-wire.js';
import {
  createGatewayKey,
  figure,
  JUMPS_ON_SIGUSR2,
  readiness,
  startStage,
  terminateAll,
  terminateLast,
  untilReadiness,
  type Stage,
} from './stage.js';

const ANSWERS = 5;
/** Longer than every connection, retry and breaker may take to notice, shorter than what is known may age. */
const DOWN_MS = 30_000;
/** OP-04 */
const CUTS = 10;
/** faults-and-slo.md: writes are refused in under a second, every answer comes within 5 s (I11). */
const REFUSED_MS = 1_000;
const LONGEST_MS = 5_000;
const REVOKED_MS = 1_000;
const MOST_GROWTH = 100e6;
const MEMORY = 'process_resident_memory_bytes';
const HALF_A_TRIP_MS = 60;
const WRITES: readonly Kind[] = ['write', 'sign-in', 'refresh'];
const CROWD = 40;
const SERVED_OR_NOT_NOW = /^(20[04]|503 .*)$/;
jest.setTimeout(120_000);

describe('OP-03, OP-04, I9, I12 Trouble with PostgreSQL under load', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  let cluster: TestCluster;
  let redis: TestRedis;
  let proxy: TcpProxy;
  let wire: SlowWire;
  let stage: Stage;
  let admin: Sql;
  let load: Load;
  let gatewayKey: string;
  let readers: SignedIn[];
  let databaseUrl: string;
  let memory: number[];

  beforeAll(async () => {
    cluster = await startTestCluster({ durable: true });
    cleanUps.unshift(() => cluster.stop());
    databaseUrl = await createDatabase(cluster);
    redis = await startRedis();
    cleanUps.unshift(() => redis.stop());
    proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port });
    cleanUps.unshift(() => proxy.refuse());
    wire = await SlowWire.start(proxy.port);
    cleanUps.unshift(() => wire.stop());
    const slow = new URL(through(proxy, databaseUrl));
    slow.port = String(wire.port);
    await cluster.halt('fast');
    stage = await startStage({
      databaseUrls: [databaseUrl, slow.href],
      redisUrl: redis.url,
      readyStatus: 503,
      env: { ...JUMPS_ON_SIGUSR2, REFRESH_GRACE_SECONDS: '30' },
    });
    cleanUps.unshift(() => stage.stop());
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  const allRun = (): boolean => stage.instances.every(({ process }) => process.isRunning);

  async function reconnect(): Promise<void> {
    admin = await openSql(cluster.adminUrl(APP_USER));
    cleanUps.unshift(admin.close);
  }

  /** Everybody is served again within 10 s, and nothing that was answered is lost. */
  async function expectRecovered(since: number): Promise<void> {
    expect(await untilReadiness(stage, 200, 'ok')).toBeLessThan(10_000);
    await load.answers(1);
    const back = performance.now();
    await load.answers(ANSWERS);

    expect(answersBut(SERVED, load.since(back))).toEqual([]);
    expect(answersBut(SERVED_OR_NOT_NOW, load.since(since))).toEqual([]);
    expect(load.since(since).filter(({ status, hasRetryAfter }) => status === 503 && !hasRetryAfter)).toEqual([]);
    expect(allRun()).toBe(true);
  }

  it('F01 lets the service start without it, and serve once it is there', async () => {
    for (const instance of stage.instances) {
      expect((await instance.api.get('/health/live')).status).toBe(200);
      expect(await readiness(instance)).toEqual({ code: 503, status: 'error' });
      expect(await instance.api.login('nobody@example.com')).toMatchObject({
        status: 503,
        body: { code: 'dependency_unavailable' },
      });
    }
    await cluster.restart();

    expect(await untilReadiness(stage, 200, 'ok')).toBeLessThan(10_000);
    expect(allRun()).toBe(true);
  });

  describe('while it serves', () => {
    beforeAll(async () => {
      await untilReadiness(stage, 200, 'ok');
      await reconnect();
      gatewayKey = createGatewayKey(stage);
      const addresses = await people(stage, 8);
      const users = await sessionsOf(stage, addresses);
      readers = users.slice(0, 3);
      load = new Load(stage, {
        readers,
        refreshers: users.slice(3, 6),
        writers: users.slice(6),
        addresses: await people(stage, 2),
        gatewayKey,
      });
      cleanUps.unshift(() => load.stop());
      await load.served();
      memory = await Promise.all(stage.instances.map((instance) => figure(instance, MEMORY)));
    });

    it(`F02 ends all connections ${CUTS} times, and no process with them`, async () => {
      const begun = performance.now();
      for (let cut = 0; cut < CUTS; cut += 1) {
        // There may be none yet again.
        await waitFor(async () => (await terminateAll(admin)) > 0, { what: 'connections to end' });
        await load.answers(1);
      }
      await expectRecovered(begun);
    });

    it(`F03 stopped for ${DOWN_MS / 1_000} s refuses writes in under 1 s and for a minute lets those in whom it knew`, async () => {
      const begun = performance.now();
      const [unlucky] = await sessionsOf(stage, await people(stage, 1));
      const lost = await stage.instances[0].api.refresh(unlucky!.refreshToken);
      await cluster.halt('fast');
      const down = performance.now();
      await untilReadiness(stage, 503, 'error');
      expect(performance.now() - begun).toBeLessThan(10_000);
      while (performance.now() - down < DOWN_MS) await load.answers(1);
      const up = performance.now();
      await redis.admin.flushall();
      for (const { process } of stage.instances) process.signal('SIGUSR2');
      await load.answers(2);
      const forgotten = await load.next(ANSWERS, 'me');
      await cluster.restart();
      await expectRecovered(begun);
      await reconnect();

      // Far beyond the grace by the clock.
      const again = await stage.instances[1].api.refresh(unlucky!.refreshToken);
      expect(again).toMatchObject({ status: 200, body: { refreshToken: lost.body['refreshToken'] } });
      const busy = slowest(load.between(down, up, 'live'));
      expect(Object.keys(tally(load.between(down, up, 'verify')))).toEqual(['204']);
      expect(Object.keys(tally(load.between(down, up, 'live')))).toEqual(['200']);
      const writes = load.between(down, up, ...WRITES);
      expect(Object.keys(tally(writes))).toEqual(['503 dependency_unavailable']);
      expect(Object.keys(tally(forgotten))).toEqual(['503 session_state_unavailable']);
      expect(writes.length).toBeGreaterThan(DOWN_MS / 100);
      expect(slowest(writes)).toBeLessThan(REFUSED_MS + busy);
    });

    it.each(['F08 cut off by the network', 'F08 swallowed by the network'])('%s, one instance alone', async (how) => {
      const victims = await manySessions(stage, 4);
      await Promise.all(victims.map(({ accessToken }) => stage.instances[1].api.me(accessToken)));
      const begun = performance.now();
      if (how.includes('cut off')) await proxy.refuse();
      else proxy.swallow();
      const ended = await Promise.all(victims.map(({ accessToken }) => stage.instances[0].api.logout(accessToken)));
      const acknowledged = performance.now();
      await load.answers(ANSWERS);
      const refused = await Promise.all(victims.map(({ accessToken }) => stage.instances[1].api.me(accessToken)));
      const over = performance.now();
      await proxy.restore();
      await expectRecovered(begun);

      expect(acknowledged - begun).toBeLessThan(LONGEST_MS);
      expect(ended.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
      // Redis tells what PostgreSQL cannot.
      expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      const seen = load.between(begun, over);
      const [well, cut] = [0, 1].map((index) => seen.filter(({ instance }) => instance === index));
      expect(answersBut(SERVED, well ?? [])).toEqual([]);
      expect(Object.keys(tally(cut?.filter(({ kind }) => kind === 'verify') ?? []))).toEqual(['204']);
      expect(slowest(cut ?? [])).toBeLessThan(LONGEST_MS + slowest(load.between(begun, over, 'live')));
    });

    it('F06 far away makes answers late and refuses none', async () => {
      const begun = performance.now();
      wire.delayMs = HALF_A_TRIP_MS;
      const seen = await load.next(ANSWERS);
      wire.delayMs = 0;

      expect(answersBut(SERVED, seen)).toEqual([]);
      const far = seen.filter(({ kind, instance }) => kind === 'write' && instance === 1);
      expect(slowest(far)).toBeGreaterThan(2 * HALF_A_TRIP_MS);
      expect(slowest(seen)).toBeLessThan(LONGEST_MS);
      await expectRecovered(begun);
    });

    it('F07 locked, with every connection waiting, keeps the bearer check going', async () => {
      const begun = performance.now();
      await admin.query('BEGIN');
      await admin.query('LOCK TABLE user_service.outbox IN ACCESS EXCLUSIVE MODE');
      const [{ accessToken } = { accessToken: '' }] = readers;
      const crowd = await Promise.all(
        Array.from({ length: CROWD }, (_, index) =>
          stage.instances[(index % 2) as 0 | 1].api.patchMe(accessToken, { displayName: `crowd ${index}` }),
        ),
      );
      const over = performance.now();
      await admin.query('ROLLBACK');
      await expectRecovered(begun);

      expect([...new Set(crowd.map(({ status }) => status))]).toEqual([503]);
      expect(Object.keys(tally(load.between(begun, over, 'verify')))).toEqual(['204']);
      expect(slowest(load.between(begun, over))).toBeLessThan(LONGEST_MS);
    });

    it('F09 with too many clients refuses like one that is not there', async () => {
      const begun = performance.now();
      await admin.query(`ALTER ROLE ${APP_USER} CONNECTION LIMIT 0`);
      await terminateAll(admin);
      await untilReadiness(stage, 503, 'error');
      await terminateLast(admin);
      const full = performance.now();
      await load.answers(ANSWERS);
      const over = performance.now();
      await admin.query(`ALTER ROLE ${APP_USER} CONNECTION LIMIT -1`);
      await expectRecovered(begun);

      const writes = load.within(full, over, ...WRITES);
      expect(Object.keys(tally(writes))).toEqual(['503 dependency_unavailable']);
      expect(slowest(writes)).toBeLessThan(REFUSED_MS + slowest(load.between(full, over, 'live')));
      expect(Object.keys(tally(load.between(full, over, 'verify')))).toEqual(['204']);
    });

    it('F10 killed in the midst of it comes back with everything that was acknowledged', async () => {
      const victims = await manySessions(stage, 4);
      const begun = performance.now();
      const revocations = await revokeAll(stage, victims, victims.length);
      await cluster.halt('kill');
      await untilReadiness(stage, 503, 'error');
      await cluster.restart();
      // A refresh token that was answered is the one that is asked for next.
      await expectRecovered(begun);
      await reconnect();

      expect(Math.max(...revocations.map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(REVOKED_MS);
      expect(await stillRefused(stage, victims)).toEqual([401]);
    });

    it('F17 and Redis both gone: nobody is told anything once what was known is a second old', async () => {
      const [stranger] = await sessionsOf(stage, await people(stage, 1));
      const begun = performance.now();
      await Promise.all([redis.kill(), cluster.halt('fast')]);
      const gone = performance.now();
      await untilReadiness(stage, 503, 'error');
      const unknown = await stage.instances[1].api.me(stranger?.accessToken ?? '');
      while (performance.now() - gone < REVOKED_MS) await load.answers(1);
      const seen = await load.next(ANSWERS);
      await Promise.all([redis.restart(), cluster.restart()]);
      await expectRecovered(begun);

      expect(unknown).toMatchObject({ status: 503, body: { code: 'session_state_unavailable' } });
      expect([...new Set(seen.map(({ status }) => status))]).toEqual([503]);
      const checked = seen.filter(({ kind }) => kind === 'me' || kind === 'verify');
      expect(Object.keys(tally(checked))).toEqual(['503 session_state_unavailable']);
      expect(slowest(seen)).toBeLessThan(LONGEST_MS);
    });

    it('leaves sessions and their events as they have to be, at no cost of memory', async () => {
      await load.stop();
      const sql = await openSql(databaseUrl);
      const broken = await brokenInvariants(sql);
      await sql.close();
      const now = await Promise.all(stage.instances.map((instance) => figure(instance, MEMORY)));

      expect(broken).toEqual(NOTHING_BROKEN);
      for (const [index, bytes] of now.entries()) expect(bytes - (memory[index] ?? 0)).toBeLessThan(MOST_GROWTH);
    });
  });
});
