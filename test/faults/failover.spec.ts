import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { PostgresCluster } from '../../apps/local/src/postgres-cluster.js';
import { startTestCluster, type TestCluster } from '../support/postgres-cluster.js';
import { startRedis } from '../support/redis.js';
import { createDatabase } from '../support/service-database.js';
import { APP_USER, openSql } from '../support/test-database.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait.js';
import { brokenInvariants, NOTHING_BROKEN } from './invariants.js';
import { Load, tally } from './load.js';
import { manySessions, people, sessionsOf } from './people.js';
import { revokeAll, stillRefused } from './revocations.js';
import { startStage, untilReadiness, type Stage } from './stage.js';

const ANSWERS = 5;
const VICTIMS = 5;

jest.setTimeout(120_000);

describe('F04 PostgreSQL that fails over to its synchronous standby under load', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  /** Where the address of the database leads to. */
  let address: { host: string; port: number };
  let primary: TestCluster;
  let standby: PostgresCluster;
  let proxy: TcpProxy;
  let stage: Stage;
  let load: Load;

  beforeAll(async () => {
    primary = await startTestCluster({ durable: true });
    cleanUps.unshift(() => primary.stop());
    const url = await createDatabase(primary);
    standby = await startStandby(primary);
    cleanUps.unshift(() => standby.stop('immediate'));
    address = { host: '127.0.0.1', port: primary.port };
    proxy = await TcpProxy.start(address);
    cleanUps.unshift(() => proxy.refuse());
    const redis = await startRedis();
    cleanUps.unshift(() => redis.stop());
    const led = through(proxy, url);
    stage = await startStage({
      databaseUrls: [led, led],
      redisUrl: redis.url,
      env: { REFRESH_GRACE_SECONDS: '30' },
    });
    cleanUps.unshift(() => stage.stop());
    const users = await sessionsOf(stage, await people(stage, 6));
    load = new Load(stage, {
      readers: users.slice(0, 2),
      refreshers: users.slice(2, 5),
      writers: users.slice(5),
      addresses: await people(stage, 1),
    });
    cleanUps.unshift(() => load.stop());
    await load.served();
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  it('I1, I12 loses nothing that was acknowledged, and serves again within 10 s of the address leading there', async () => {
    const victims = await manySessions(stage, VICTIMS);
    const begun = performance.now();
    await revokeAll(stage, victims, VICTIMS);
    await primary.halt('kill');
    await untilReadiness(stage, 503, 'error');
    // The address leads to the standby before it is promoted: it answers, and takes no writes.
    address.port = standby.port;
    await load.answers(1);
    const admin = await openSql(standbyUrl(APP_USER));
    cleanUps.unshift(() => admin.close());
    await admin.query('SELECT pg_promote()');

    expect(await untilReadiness(stage, 200, 'ok')).toBeLessThan(10_000);
    await load.answers(1);
    const back = performance.now();
    await load.answers(ANSWERS);
    // Each refresh token that was answered before is shown after: none of them may be unknown.
    expect(Object.keys(tally(load.since(begun))).filter((name) => !/^(200|503)/.test(name))).toEqual([]);
    expect(Object.keys(tally(load.since(back)))).toEqual(['200']);
    expect(await stillRefused(stage, victims)).toEqual([401]);
    expect(stage.instances.map(({ process }) => process.isRunning)).toEqual([true, true]);
    await load.stop();
    expect(await brokenInvariants(admin)).toEqual(NOTHING_BROKEN);
  });

  function standbyUrl(database: string): string {
    const url = new URL(primary.adminUrl(database));
    url.port = String(standby.port);
    return url.href;
  }

  /** A copy that follows it, and that it waits for at each commit. */
  async function startStandby({ adminUrl, password, ...server }: TestCluster): Promise<PostgresCluster> {
    const home = dirname(server.logFile);
    const directory = join(home, 'standby');
    await primary.halt('fast');
    await promisify(execFile)('cp', ['-a', join(home, 'postgres'), directory]);
    // Any file will do, if it belongs to the account that the server runs as.
    await promisify(execFile)('cp', ['-p', join(directory, 'PG_VERSION'), join(directory, 'standby.signal')]);
    cleanUps.unshift(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    await primary.restart();
    const followed = new URL(adminUrl('postgres'));
    const follower = new PostgresCluster({
      directory,
      logFile: join(home, 'standby.log'),
      superuserPassword: password,
      parameters: {
        max_connections: '300',
        primary_conninfo: `host=127.0.0.1 port=${followed.port} user=${followed.username} password=${password}`,
      },
      durable: true,
      ownProcessGroup: false,
    });
    await follower.start();
    const admin = await openSql(adminUrl('postgres'));
    await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await admin.query('SELECT pg_reload_conf()');
    const follows = `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`;
    await waitFor(async () => (await admin.query(follows)).length === 1, { what: 'the standby to follow' });
    await admin.close();
    return follower;
  }
});
