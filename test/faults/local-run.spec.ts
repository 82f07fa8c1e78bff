import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../apps/local/src/ports.js';
import { isPostmasterOf } from '../../apps/local/src/postmaster.js';
import { LocalRuns, NOBODY, READY } from '../support/local-runs.js';
import { waitFor } from '../support/wait.js';

const isRoot = process.getuid?.() === 0;

describe('the local run', () => {
  let local: LocalRuns;

  beforeEach(async () => {
    local = await LocalRuns.inEmptyFolder();
  });

  afterEach(() => local.cleanUp());

  it('comes up in an empty folder, says where everything is, and keeps its secrets to itself', async () => {
    const run = await local.startReady();

    expect(run.stdout.filter((line) => READY.test(line))).toEqual([
      expect.stringMatching(
        new RegExp(
          `API http://localhost:${local.port}/api/v1, docs .*${local.port}/docs, health .*${local.port}/health, mails in .*data/mail$`,
        ),
      ),
    ]);
    expect(await local.isReady()).toBe(true);
    expect(local.modeOf()).toBe(isRoot ? '710' : '700');
    expect(local.modeOf('keys.json')).toBe('600');
    expect([local.modeOf('postgres'), local.modeOf('mail'), local.modeOf('log')]).toEqual(['700', '700', '700']);
    for (const log of readdirSync(join(local.data, 'log'))) expect(local.modeOf('log', log)).toBe('600');
    const secrets = Object.values(
      JSON.parse(readFileSync(join(local.data, 'keys.json'), 'utf8')) as Record<string, string>,
    );
    for (const secret of secrets) expect(run.output).not.toContain(secret);
  });

  it('stops cleanly on Ctrl-C, which reaches its whole process group, and finds its data at the next start', async () => {
    const first = await local.startReady();
    const keys = readFileSync(join(local.data, 'keys.json'), 'utf8');
    const before = await local.sqlOf(first);
    await before.query('CREATE TABLE kept (word text)');
    await before.query("INSERT INTO kept VALUES ('still here')");
    await before.close();
    const pid = local.postmaster();

    first.signalGroup('SIGINT');

    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(isPostmasterOf(pid, local.postgresDirectory)).toBe(false);
    expect(existsSync(join(local.postgresDirectory, 'postmaster.pid'))).toBe(false);
    await expect(local.isReady()).rejects.toThrow();
    const after = await local.sqlOf(await local.startReady());
    expect(await after.query('SELECT word FROM kept')).toEqual([{ word: 'still here' }]);
    await after.close();
    expect(readFileSync(join(local.data, 'keys.json'), 'utf8')).toBe(keys);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'stops everything and exits 0 on %s, also while it starts',
    async (signal) => {
      const run = local.start();
      await run.line(/PostgreSQL 18 is up/);
      const pid = local.postmaster();

      run.signal(signal);

      expect(await run.exited).toEqual({ code: 0, signal: null });
      expect(isPostmasterOf(pid, local.postgresDirectory)).toBe(false);
    },
  );

  it('loses nothing committed to kill -9, and starts again at once', async () => {
    const first = await local.startReady();
    const before = await local.sqlOf(first);
    await before.query('CREATE TABLE kept (word text)');
    await before.query("INSERT INTO kept VALUES ('committed')");
    await before.close();
    const orphan = local.postmaster();

    await first.stop('SIGKILL');
    const second = await local.startReady();

    expect(second.output).toContain(`Stopped the PostgreSQL of a killed run (process ${orphan})`);
    const after = await local.sqlOf(second);
    expect(await after.query('SELECT word FROM kept')).toEqual([{ word: 'committed' }]);
    await after.close();
  });

  it('comes back when PostgreSQL is killed along with it', async () => {
    const first = await local.startReady();
    process.kill(local.postmaster(), 'SIGKILL');
    await first.stop('SIGKILL');

    await local.startReady();

    expect(await local.isReady()).toBe(true);
  });

  it.each([/making the database/, /PostgreSQL 18 is up/, /schema is up to date/])(
    'starts again after kill -9 in its first start, after "%s"',
    async (step) => {
      const first = local.start();
      await first.line(step);
      first.signalGroup('SIGKILL');
      await first.exited;

      await local.startReady();

      expect(await local.isReady()).toBe(true);
    },
  );

  it('leaves a process alone that only has the process id of a PostgreSQL long gone', async () => {
    const first = await local.startReady();
    await first.stop('SIGINT');
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      writeFileSync(
        join(local.postgresDirectory, 'postmaster.pid'),
        `${bystander.pid!}\n${local.postgresDirectory}\n1\n1\n\n\n\nready\n`,
      );

      await local.startReady();

      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('says in one line that its port is busy, before it makes a database', async () => {
    const other = createServer().listen(local.port, '127.0.0.1');
    try {
      const run = local.start();

      expect(await run.exited).toEqual({ code: 1, signal: null });
      expect(run.output).toBe(`Port ${local.port} is in use: stop what listens there, or set another PORT.`);
      expect(existsSync(local.postgresDirectory)).toBe(false);
    } finally {
      other.close();
    }
  });

  it('says in one line that the port of the Audit Service is busy, before it makes a database', async () => {
    const other = createServer().listen(local.auditPort, '127.0.0.1');
    try {
      const run = local.start();

      expect(await run.exited).toEqual({ code: 1, signal: null });
      expect(run.output).toBe(`Port ${local.auditPort} is in use: stop what listens there, or set another AUDIT_PORT.`);
      expect(existsSync(local.postgresDirectory)).toBe(false);
    } finally {
      other.close();
    }
  });

  it('starts with the keys that are there, whatever a run that was killed has left of roles and rights', async () => {
    const first = await local.startReady();
    const admin = await local.superuserOf(first);
    await admin.query('REVOKE CONNECT ON DATABASE audit_service FROM audit_service, audit_service_owner');
    await admin.query(`ALTER ROLE user_service PASSWORD 'of another run'`);
    await admin.close();
    await first.stop('SIGINT');
    const file = join(local.data, 'keys.json');
    const keys = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    const older = Object.fromEntries(Object.entries(keys).filter(([name]) => !name.startsWith('audit')));
    writeFileSync(file, JSON.stringify(older));

    const second = await local.startReady();

    const after = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect(after).toMatchObject(older);
    expect(local.modeOf('keys.json')).toBe('600');
    expect(second.output).toContain(`Audit Service: http://localhost:${local.auditPort} `);
    const lanes = await fetch(`http://127.0.0.1:${local.auditPort}/api/v1/lanes`, {
      headers: { 'x-api-key': after['auditServiceApiKey']! },
    });
    expect(lanes.status).toBe(200);
  });

  it('refuses in one line to share its data with a second run, and is not disturbed by it', async () => {
    const first = await local.startReady();

    const second = local.start({ PORT: String(await freePort()) });

    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output).toBe(
      `Another local run (process ${first.pid}) uses ${local.data}: stop it first, or set another DATA_DIR.`,
    );
    expect(await local.isReady()).toBe(true);
  });

  it('lets one of two starts at the same moment win', async () => {
    const pair = [local.start(), local.start()];

    const ended = await Promise.race(pair.map(async (run) => ({ run, exit: await run.exited })));
    const winner = pair.find((run) => run !== ended.run)!;
    await winner.line(READY);

    expect(ended.exit.code).toBe(1);
    expect(ended.run.output).toContain('Another local run');
  });

  it('names in one line what keeps the service from starting, and leaves nothing running', async () => {
    const run = local.start({ RATE_LIMIT_PER_MINUTE: 'many' });

    expect(await run.exited).toEqual({ code: 1, signal: null });
    expect(run.stderr).toEqual([expect.stringMatching(/^The user service ended .*RATE_LIMIT_PER_MINUTE/)]);
    expect(existsSync(join(local.postgresDirectory, 'postmaster.pid'))).toBe(false);
  });

  it('passes the caller’s settings on, but never works on another database than its own', async () => {
    const run = await local.startReady({
      RATE_LIMIT_PER_MINUTE: '7',
      DATABASE_URL: 'postgresql://elsewhere:secret@127.0.0.1:1/production',
    });
    const answer = await fetch(`http://127.0.0.1:${local.port}/api/v1/users/me`);

    expect(answer.headers.get('ratelimit-policy')).toContain(';q=7;');
    const sql = await local.sqlOf(run);
    expect(await sql.query('SELECT current_database()::text AS name')).toEqual([{ name: 'user_service' }]);
    await sql.close();
  });

  it('makes no new keys for data that needs the old ones', async () => {
    const first = await local.startReady();
    await first.stop('SIGINT');
    rmSync(join(local.data, 'keys.json'));

    const second = local.start();

    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr).toEqual([expect.stringMatching(/keys\.json is missing, .* restore it, or remove /)]);
    expect(existsSync(join(local.data, 'keys.json'))).toBe(false);
  });

  it('runs as an ordinary user', async () => {
    const account = isRoot ? NOBODY : undefined;
    if (account !== undefined) chownSync(local.home, account.uid, account.gid);

    const run = await local.startReady({}, account);
    const owner = statSync(local.postgresDirectory).uid;
    run.signalGroup('SIGINT');

    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(owner).not.toBe(0);
    expect(local.modeOf()).toBe('700');
    expect(local.modeOf('keys.json')).toBe('600');
  });

  it('runs in a folder that nobody else may enter, such as root’s home', async () => {
    chmodSync(local.home, 0o700);

    await local.startReady();

    expect(await local.isReady()).toBe(true);
    expect(statSync(local.postgresDirectory).uid).not.toBe(0);
  });

  it('does not outlive an npm that is killed', async () => {
    const npm = local.startWithNpm();
    await npm.line(READY);
    const pid = local.postmaster();

    npm.signal('SIGKILL');

    await waitFor(() => !existsSync(join(local.data, 'running.pid')), { what: 'the run to stop' });
    expect(isPostmasterOf(pid, local.postgresDirectory)).toBe(false);
  });
});
