import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { MigrationInterface } from 'typeorm';

import { MIGRATION_NAMES, revertMigration, runMigrations } from '../../apps/user-service/src/migrate.js';
import { MIGRATIONS } from '../../migrations/index.js';
import { TestProcess } from '../support/process.js';
import { describeSchema } from '../support/schema.js';
import { createEmptyDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

const ROOT = join(import.meta.dirname, '../..');
const LOCK_NOT_AVAILABLE = '55P03';

let database: TestDatabase;
let sql: Sql;

beforeEach(async () => {
  database = await createEmptyDatabase();
  sql = await openSql(database.url);
});

afterEach(async () => {
  await sql.close();
  await database.drop();
});

/** The command that `npm run migration:…` runs. */
async function cli(command: string, env: Record<string, string>): Promise<TestProcess> {
  const started = TestProcess.startBuilt('apps/user-service/src/migration-cli.js', { env, args: [command] });
  await started.exited;
  return started;
}

/** Connections that hold the migration lock, which is the only advisory one. */
async function lockHolders(): Promise<number[]> {
  const rows = await sql.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.map(({ pid }) => pid);
}

async function applied(): Promise<string[]> {
  const rows = await sql.query<{ name: string }>('SELECT name FROM user_service.migrations ORDER BY id');
  return rows.map(({ name }) => name);
}

describe('OP-06 Running migrations', () => {
  it('twice is the same as once', async () => {
    expect(await runMigrations(database.url)).toEqual(MIGRATION_NAMES);
    const once = await describeSchema(sql);

    expect(await runMigrations(database.url)).toEqual([]);

    expect(await describeSchema(sql)).toEqual(once);
    expect(await applied()).toEqual(MIGRATION_NAMES);
  });

  it('from several places at once: one runs, the others find nothing left to do', async () => {
    const env = { DATABASE_URL: database.url };

    const [here, there] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, () => runMigrations(database.url))),
      Promise.all([cli('run', env), cli('run', env)]),
    ]);

    const runs = [
      ...here.map((names) => names.length),
      ...there.map(({ output }) => Number(output.includes('Applied'))),
    ];
    expect(runs.filter((count) => count > 0)).toHaveLength(1);
    for (const process of there) expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(await applied()).toEqual(MIGRATION_NAMES);
  });

  it('leaves no lock behind', async () => {
    await runMigrations(database.url);

    // The server notices the end of the connection a moment after the client has closed it.
    await waitFor(async () => (await lockHolders()).length === 0, { what: 'the lock to be released' });
  });

  it('holds the lock however long they take, on the connection that migrates', async () => {
    await runMigrations(database.url);
    await sql.query('BEGIN');
    await sql.query('LOCK TABLE user_service.migrations');
    const blocked = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'user_service.migrations'::regclass`;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    try {
      const run = runMigrations(database.url);
      const [worker] = await waitFor(async () => {
        const found = await sql.query<{ pid: number }>(blocked);
        return found.length > 0 ? found : undefined;
      });

      jest.advanceTimersByTime(60 * 60_000);

      expect(await lockHolders()).toEqual([worker!.pid]);
      await sql.query('ROLLBACK');
      expect(await run).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('gives up on a busy table after 2 seconds instead of blocking everybody behind it, and leaves all as it was', async () => {
    await runMigrations(database.url);
    const names = [...MIGRATION_NAMES];
    // A migration that only looks has nothing to lock.
    while (/NoLegacyAudit/.test(names.at(-1) ?? '')) expect(await revertMigration(database.url)).toBe(names.pop());
    const before = await describeSchema(sql);
    await sql.query('BEGIN');
    // Somebody reads every table and view there is, whatever the newest migration is about.
    const relations = await sql.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname = 'user_service' AND tablename <> 'migrations'
       UNION ALL SELECT format('%I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = 'user_service'`,
    );
    for (const { name } of relations) await sql.query(`SELECT 1 FROM ${name} LIMIT 1`);
    const started = performance.now();

    await expect(revertMigration(database.url)).rejects.toMatchObject({ code: LOCK_NOT_AVAILABLE });

    expect(performance.now() - started).toBeLessThan(10_000);
    await sql.query('ROLLBACK');
    expect(await describeSchema(sql)).toEqual(before);
    expect(await applied()).toEqual(names);
    expect(await revertMigration(database.url)).toBe(names.at(-1));
  });

  it('every migration limits its wait for locks first of all, both ways', () => {
    for (const migration of MIGRATIONS) {
      const { up, down } = migration.prototype;
      const alone = (new migration() as MigrationInterface).transaction === false;
      for (const direction of [up, down]) {
        const [first] = /runner\.query\([^)]*\)/.exec(direction.toString()) ?? [];
        // Without a transaction there is nothing that it could be local to.
        expect(first).toContain(alone ? `SET lock_timeout = '2s'` : `SET LOCAL lock_timeout = '2s'`);
      }
    }
  });
});

describe('OP-06 The migration commands', () => {
  it('are what the npm scripts run', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };

    for (const command of ['run', 'revert']) {
      expect(scripts[`migration:${command}`]).toBe(`exec node dist/apps/user-service/src/migration-cli.js ${command}`);
    }
  });

  it('take the address of the old service as it is', async () => {
    const env = { DATABASE_URL: database.url.replace(/^postgres(ql)?:/, 'postgresql+asyncpg:') };
    expect(env.DATABASE_URL).toMatch(/^postgresql\+asyncpg:/);

    expect((await cli('run', env)).output).toBe(`Applied: ${MIGRATION_NAMES.join(', ')}`);
    expect((await cli('run', env)).output).toBe('The schema is up to date.');
    expect((await cli('revert', env)).output).toBe(`Reverted: ${MIGRATION_NAMES.at(-1)!}`);
    expect(await applied()).toEqual(MIGRATION_NAMES.slice(0, -1));
    expect((await cli('run', env)).output).toBe(`Applied: ${MIGRATION_NAMES.at(-1)!}`);
  });

  it('say when there is nothing to revert', async () => {
    await runMigrations(database.url);
    while ((await revertMigration(database.url)) !== undefined);

    const process = await cli('revert', { DATABASE_URL: database.url });

    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(process.output).toBe('There is nothing to revert.');
  });

  it.each([
    ['no database', {}],
    ['a wrong address', { DATABASE_URL: 'mysql://root:canary-password@localhost/x' }],
    ['a database that is not there', { DATABASE_URL: 'postgresql://u:canary-password@127.0.0.1:1/x' }],
  ])('fail with one line and without the password: %s', async (_what, env) => {
    const process = await cli('run', { ...env, DEBUG: 'true' });

    expect(await process.exited).toEqual({ code: 1, signal: null });
    expect(process.stderr.join('\n')).toMatch(/^The migration failed: ./);
    expect(process.output).not.toContain('canary-password');
    expect(process.output).not.toMatch(/^\s+at /m);
  });

  it('explain themselves when asked for something else', async () => {
    const process = await cli('sideways', { DATABASE_URL: database.url });

    expect(await process.exited).toEqual({ code: 2, signal: null });
    expect(process.output).toBe('Usage: migration-cli run|revert');
  });

  it('tell when the database was never migrated', async () => {
    const process = await cli('revert', { DATABASE_URL: database.url });

    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(process.output).toBe('There is nothing to revert.');
  });
});
