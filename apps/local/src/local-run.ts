import { once } from 'node:events';
import { join } from 'node:path';
import { ensureApplicationDatabase } from './application-database.js';
import { keepLogsBounded } from './bounded-logs.js';
import { claimDataDirectory, prepareDataDirectory, type Claim, type DataDirectory } from './data-directory.js';
import { loadKeys, type LocalKeys } from './keys.js';
import { LocalRunError } from './local-run-error.js';
import { lastWords, ManagedProcess } from './managed-process.js';
import { isPortBusy } from './ports.js';
import { PostgresCluster } from './postgres-cluster.js';
import { stopOrphan } from './postmaster.js';
import type { Progress } from './progress.js';
import { serviceDefaults, serviceEnvironment, shortPath, type LocalSettings } from './settings.js';
import { waitUntil } from './wait-until.js';

const POSTGRES_PARAMETERS = { max_connections: '100', shared_buffers: '64MB', jit: 'off' };
const PORT_PATIENCE_MS = 10_000; // for the service of a killed run, which ends by itself
const READY_MS = 60_000;
const PROBE_MS = 1_000;
const SERVICE_STOP_MS = 30_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** PostgreSQL, the migrations and the user service on one machine, started and stopped together. */
export class LocalRun {
  private claim: Claim | undefined;
  private cluster: PostgresCluster | undefined;
  private child: ManagedProcess | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly settings: LocalSettings,
    private readonly env: Environment,
    private readonly progress: Progress,
  ) {}

  get isStopping(): boolean {
    return this.stopped !== undefined;
  }

  /** Resolves when everything is ready, to a promise that rejects when a part of it ends by itself. */
  async start(): Promise<{ readonly broken: Promise<never> }> {
    if (process.platform === 'win32')
      throw new LocalRunError('The local run needs Linux or macOS; on Windows, use WSL.');
    const directory = await prepareDataDirectory(this.settings.dataDirectory);
    this.claim = await claimDataDirectory(directory);
    await this.checkPort(this.claim.afterCrash);
    await keepLogsBounded(directory.log);
    const { cluster, keys } = await this.startPostgres(directory);
    const databaseUrl = await ensureApplicationDatabase(cluster, keys);
    await this.migrate(directory, databaseUrl);
    const service = await this.startService(directory, databaseUrl, keys);
    this.announce();
    return { broken: Promise.race([this.endOf(cluster), this.endOfService(service)]) };
  }

  /** Ends the service, which finishes its requests, then PostgreSQL; both as far as they were started. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  /** For a second Ctrl-C: what is under way is cut off. PostgreSQL makes up for it at its next start. */
  hurry(): void {
    this.child?.kill('SIGKILL');
    this.cluster?.process?.kill('SIGQUIT');
  }

  private async stopInOrder(): Promise<void> {
    await this.child?.stop(SERVICE_STOP_MS);
    await this.cluster?.stop();
    await this.claim?.release();
  }

  private async checkPort(patient: boolean): Promise<void> {
    const { port, listenHost } = this.settings;
    const isFree = async (): Promise<boolean> => {
      try {
        return !(await isPortBusy(port, listenHost));
      } catch (cause) {
        throw new LocalRunError(`Nothing can listen on ${listenHost}, port ${port}: ${String(cause)}`, { cause });
      }
    };
    if (!(await waitUntil(isFree, patient ? PORT_PATIENCE_MS : 0))) throw this.busyPort();
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

  private async migrate(directory: DataDirectory, databaseUrl: string): Promise<void> {
    this.mustGoOn();
    const env = serviceEnvironment(this.env, {}, { DATABASE_URL: databaseUrl });
    const migration = ManagedProcess.start(
      'apps/local/src/run-migrations.js',
      env,
      join(directory.log, 'migrations.log'),
    );
    this.child = migration;
    if ((await migration.exited) !== 0)
      throw new LocalRunError(`The migrations failed: ${lastWords(migration.output)}`);
    this.progress.say(`The schema is up to date (migrations applied now: ${lastWords(migration.output)})`);
  }

  private async startService(directory: DataDirectory, databaseUrl: string, keys: LocalKeys): Promise<ManagedProcess> {
    const { port, host } = this.settings;
    const defaults = serviceDefaults(this.settings, directory.mail, keys);
    // The run's own database, whatever the shell has set for another purpose: its migrations run at every start.
    const env = serviceEnvironment(this.env, defaults, { DATABASE_URL: databaseUrl });
    this.mustGoOn();
    const service = ManagedProcess.start('apps/user-service/src/main.js', env, join(directory.log, 'user-service.log'));
    this.child = service;
    const isReady = (): Promise<boolean> =>
      answersOk(`http://${host.includes(':') ? `[${host}]` : host}:${port}/health/ready`);
    const settled = await waitUntil(async () => !service.isRunning || (await isReady()), READY_MS);
    if (!settled)
      throw new LocalRunError(`The user service is not ready after ${READY_MS / 1000} s; see ${this.serviceLog()}.`);
    if (!service.isRunning) throw await this.serviceFailure(service);
    return service;
  }

  private announce(): void {
    const url = `http://localhost:${this.settings.port}`;
    this.progress.say(`Logs are written to ${shortPath(this.settings, 'log')}; Ctrl-C stops everything`);
    this.progress.say(
      `Ready: API ${url}/api/v1, docs ${url}/docs, health ${url}/health, mails in ${shortPath(this.settings, 'mail')}`,
    );
  }

  private async endOfService(service: ManagedProcess): Promise<never> {
    await service.exited;
    throw await this.serviceFailure(service);
  }

  private async endOf(cluster: PostgresCluster): Promise<never> {
    if (cluster.process?.exitCode === null) await once(cluster.process, 'exit');
    throw new LocalRunError(`PostgreSQL ended unexpectedly; see ${shortPath(this.settings, 'log', 'postgres.log')}.`);
  }

  private async serviceFailure(service: ManagedProcess): Promise<LocalRunError> {
    const how = await service.exited;
    if (service.output.includes('EADDRINUSE')) return this.busyPort();
    return new LocalRunError(
      `The user service ended (${typeof how === 'number' ? `exit code ${how}` : how}): ` +
        `${lastWords(service.output) || 'it wrote nothing'} (log: ${this.serviceLog()})`,
    );
  }

  private busyPort(): LocalRunError {
    return new LocalRunError(`Port ${this.settings.port} is in use: stop what listens there, or set another PORT.`);
  }

  private serviceLog(): string {
    return shortPath(this.settings, 'log', 'user-service.log');
  }

  /** Nothing new is started once the run is told to stop. */
  private mustGoOn(): void {
    if (this.isStopping) throw new LocalRunError('Stopped while starting.');
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })).ok;
  } catch {
    return false;
  }
}
