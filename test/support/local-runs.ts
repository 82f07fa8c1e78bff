import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../apps/local/src/ports.js';
import { SUPERUSER } from '../../apps/local/src/postgres-cluster.js';
import { readPostmasterFile, stopOrphan } from '../../apps/local/src/postmaster.js';
import { launchAs, type Account } from '../../apps/local/src/server-account.js';
import { TestProcess } from './process.js';
import { openSql, type Sql } from './sql.js';

export const READY = /\] Ready: /;
/** An ordinary user that every system has; tests that run as root start things as this one. */
export const NOBODY: Account = { uid: 65_534, gid: 65_534 };

const MAIN = join(import.meta.dirname, '../../dist/apps/local/src/main.js');

/** The runs of one test, which share a data directory and a port. */
export class LocalRuns {
  readonly data: string;
  readonly postgresDirectory: string;
  private readonly runs: TestProcess[] = [];

  private constructor(
    readonly home: string,
    readonly port: number,
    readonly auditPort: number,
  ) {
    this.data = join(home, 'data');
    this.postgresDirectory = join(this.data, 'postgres');
  }

  static async inEmptyFolder(): Promise<LocalRuns> {
    const home = mkdtempSync(join(tmpdir(), 'local-run-'));
    chmodSync(home, 0o755);
    return new LocalRuns(home, await freePort(), await freePort());
  }

  start(env: Readonly<Record<string, string>> = {}, account?: Account): TestProcess {
    const { prefix, ids } = launchAs(account, [MAIN]);
    const [command, ...args] = [...prefix, process.execPath, MAIN];
    return this.keep(TestProcess.start(command, args, { env: this.environment(env), ownGroup: true, ...ids }));
  }

  startWithNpm(): TestProcess {
    return this.keep(TestProcess.start('npm', ['start'], { env: this.environment({}), ownGroup: true }));
  }

  async startReady(env: Readonly<Record<string, string>> = {}, account?: Account): Promise<TestProcess> {
    const run = this.start(env, account);
    await run.line(READY);
    return run;
  }

  /** As the service's own role, into the database of the run. */
  sqlOf(run: TestProcess): Promise<Sql> {
    return this.sqlAs(run, 'user_service', 'databasePassword', 'user_service');
  }

  superuserOf(run: TestProcess): Promise<Sql> {
    return this.sqlAs(run, SUPERUSER, 'superuserPassword', 'postgres');
  }

  private async sqlAs(run: TestProcess, user: string, key: string, database: string): Promise<Sql> {
    const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(await run.line(/PostgreSQL 18 is up/)) ?? [];
    const keys = JSON.parse(readFileSync(join(this.data, 'keys.json'), 'utf8')) as Record<string, string>;
    return openSql(`postgresql://${user}:${keys[key] ?? ''}@127.0.0.1:${port}/${database}`);
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.port}/health/ready`)).ok;
  }

  /** Process id of PostgreSQL. */
  postmaster(): number {
    return readPostmasterFile(this.postgresDirectory)?.pid ?? 0;
  }

  /** Octal, of a path under DATA_DIR. */
  modeOf(...names: string[]): string {
    return (statSync(join(this.data, ...names)).mode & 0o777).toString(8);
  }

  /** kill -9 for everything that was started, with its children. */
  async killAll(): Promise<void> {
    for (const run of this.runs) run.signalGroup('SIGKILL');
    await Promise.all(this.runs.map((run) => run.exited));
  }

  async cleanUp(): Promise<void> {
    await this.killAll();
    await stopOrphan(this.postgresDirectory);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  private environment(more: Readonly<Record<string, string>>): Record<string, string> {
    return { PORT: String(this.port), AUDIT_PORT: String(this.auditPort), DATA_DIR: this.data, ...more };
  }

  private keep(run: TestProcess): TestProcess {
    this.runs.push(run);
    return run;
  }
}
