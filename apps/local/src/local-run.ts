import { once } from 'node:events';
import { join } from 'node:path';
import { ensureDatabases, type DatabaseUrls } from './application-database.js';
import { keepLogsBounded } from './bounded-logs.js';
import { claimDataDirectory, prepareDataDirectory, type Claim, type DataDirectory } from './data-directory.js';
import { loadKeys, type LocalKeys } from './keys.js';
import { LocalRunError } from './local-run-error.js';
import { LocalService } from './local-service.js';
import { lastWords, ManagedProcess } from './managed-process.js';
import { PostgresCluster } from './postgres-cluster.js';
import { stopOrphan } from './postmaster.js';
import type { Progress } from './progress.js';
import {
  AUDIT_HOST,
  auditServiceEnvironment,
  serviceDefaults,
  serviceEnvironment,
  shortPath,
  type LocalSettings,
} from './settings.js';

const POSTGRES_PARAMETERS = { max_connections: '100', shared_buffers: '64MB', jit: 'off' };
const MIGRATION_STOP_MS = 30_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** PostgreSQL, the migrations, the Audit Service and the user service on one machine, started and stopped together. */
export class LocalRun {
  private claim: Claim | undefined;
  private cluster: PostgresCluster | undefined;
  private migration: ManagedProcess | undefined;
  private readonly user: LocalService;
  private readonly audit: LocalService;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly settings: LocalSettings,
    private readonly env: Environment,
    private readonly progress: Progress,
  ) {
    const { host, listenHost, port, auditPort } = settings;
    this.user = new LocalService(
      {
        name: 'user service',
        entry: 'apps/user-service/src/main.js',
        logFile: 'user-service.log',
        listenHost,
        host,
        port,
        portVariable: 'PORT',
      },
      settings,
    );
    this.audit = new LocalService(
      {
        name: 'Audit Service',
        entry: 'apps/audit-service/src/main.js',
        logFile: 'audit-service.log',
        listenHost: AUDIT_HOST,
        host: AUDIT_HOST,
        port: auditPort,
        portVariable: 'AUDIT_PORT',
      },
      settings,
    );
  }

  get isStopping(): boolean {
    return this.stopped !== undefined;
  }

  /** Resolves when everything is ready, to a promise that rejects when a part of it ends by itself. */
  async start(): Promise<{ readonly broken: Promise<never> }> {
    if (process.platform === 'win32')
      throw new LocalRunError('The local run needs Linux or macOS; on Windows, use WSL.');
    const directory = await prepareDataDirectory(this.settings.dataDirectory);
    this.claim = await claimDataDirectory(directory);
    for (const service of [this.user, this.audit]) await service.checkPort(this.claim.afterCrash);
    await keepLogsBounded(directory.log);
    const { cluster, keys } = await this.startPostgres(directory);
    const urls = await ensureDatabases(cluster, keys);
    await this.migrate(directory, urls);
    await this.startServices(directory, urls, keys);
    this.announce();
    return { broken: Promise.race([this.endOf(cluster), this.user.broken(), this.audit.broken()]) };
  }

  /** Ends the service, which finishes its requests and delivers, then what it delivers to, then PostgreSQL. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  /** For a second Ctrl-C: what is under way is cut off. PostgreSQL makes up for it at its next start. */
  hurry(): void {
    this.migration?.kill('SIGKILL');
    for (const service of [this.user, this.audit]) service.kill();
    this.cluster?.process?.kill('SIGQUIT');
  }

  private async stopInOrder(): Promise<void> {
    await this.migration?.stop(MIGRATION_STOP_MS);
    await this.user.stop();
    await this.audit.stop();
    await this.cluster?.stop();
    await this.claim?.release();
  }

  private async startPostgres(directory: DataDirectory): Promise<{ cluster: PostgresCluster; keys: LocalKeys }> {
    const orphan = await stopOrphan(directory.postgres);
    if (orphan !== undefined) this.progress.say(`Stopped the PostgreSQL of a killed run (process ${orphan})`);
    const hasData = PostgresCluster.existsAt(directory.postgres);
    const keys = await loadKeys(directory.keys, hasData);
    this.mustGoOn();
    const cluster = new PostgresCluster({
      directory: directory.postgres,
      logFile: join(directory.log, 'postgres.log'),
      superuserPassword: keys.superuserPassword,
      parameters: POSTGRES_PARAMETERS,
      durable: true,
      ownProcessGroup: true,
    });
    this.cluster = cluster;
    if (!hasData) {
      this.progress.say(`First start: making the database and keys in ${shortPath(this.settings)}`);
      await cluster.create();
    }
    await cluster.start();
    this.progress.say(`PostgreSQL 18 is up on 127.0.0.1:${cluster.port}`);
    return { cluster, keys };
  }

  private async migrate(directory: DataDirectory, urls: DatabaseUrls): Promise<void> {
    this.mustGoOn();
    const fixed = { DATABASE_URL: urls.user, AUDIT_MIGRATION_DATABASE_URL: urls.auditOwner };
    const env = serviceEnvironment(this.env, {}, fixed);
    const migration = ManagedProcess.start(
      'apps/local/src/run-migrations.js',
      env,
      join(directory.log, 'migrations.log'),
    );
    this.migration = migration;
    if ((await migration.exited) !== 0)
      throw new LocalRunError(`The migrations failed: ${lastWords(migration.output)}`);
    this.progress.say(`The schema is up to date (migrations applied now: ${lastWords(migration.output)})`);
  }

  /** Both at once, the one that waits for events first: to start is mostly work of the processor. */
  private async startServices(directory: DataDirectory, urls: DatabaseUrls, keys: LocalKeys): Promise<void> {
    this.mustGoOn();
    const { settings, audit, user } = this;
    audit.start(directory, auditServiceEnvironment(this.env, settings, urls.audit, keys));
    const defaults = serviceDefaults(settings, directory.mail, keys);
    // The run's own database, whatever the shell has set for another purpose: its migrations run at every start.
    user.start(directory, serviceEnvironment(this.env, defaults, { DATABASE_URL: urls.user }));
    await audit.untilReady();
    await user.untilReady();
  }

  private announce(): void {
    const { port, auditPort } = this.settings;
    const url = `http://localhost:${port}`;
    this.progress.say(
      `Audit Service: http://localhost:${auditPort} (events, lanes and their proof), API docs at /docs`,
    );
    this.progress.say(`Logs are written to ${shortPath(this.settings, 'log')}; Ctrl-C stops everything`);
    this.progress.say(
      `Ready: API ${url}/api/v1, docs ${url}/docs, health ${url}/health, mails in ${shortPath(this.settings, 'mail')}`,
    );
  }

  private async endOf(cluster: PostgresCluster): Promise<never> {
    if (cluster.process?.exitCode === null) await once(cluster.process, 'exit');
    throw new LocalRunError(`PostgreSQL ended unexpectedly; see ${shortPath(this.settings, 'log', 'postgres.log')}.`);
  }

  /** Nothing new is started once the run is told to stop. */
  private mustGoOn(): void {
    if (this.isStopping) throw new LocalRunError('Stopped while starting.');
  }
}
