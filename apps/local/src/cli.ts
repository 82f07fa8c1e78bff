import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { applicationUrl } from './application-database.js';
import { dataDirectoryAt, type DataDirectory } from './data-directory.js';
import { loadKeys } from './keys.js';
import { LocalRunError } from './local-run-error.js';
import { isPostmasterOf, readPostmasterFile } from './postmaster.js';
import { readSettings, serviceDefaults, serviceEnvironment } from './settings.js';

/** Commands that read no configuration, so that none has to be there. */
const TOOLS = ['signing-keys'];

/** Ask an Audit Service: the one of the local run, if there is one and nobody has named another key. */
const PROOFS = ['verify', 'export'];

const CLI = join(import.meta.dirname, '../../user-service/src/cli.js');

/**
 * `npm run cli`: an operator's command against `DATABASE_URL`, or against the local run of `DATA_DIR` where nobody
 * names a database.
 */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const { DATABASE_URL, DATABASE_URL_FILE } = process.env;
  if (DATABASE_URL || DATABASE_URL_FILE || TOOLS.includes(process.argv[2] ?? '')) return process.env;
  const settings = readSettings(process.env);
  const directory = dataDirectoryAt(settings.dataDirectory);
  if (isProof(process.argv)) return withAuditKey(directory);
  const postmaster = readPostmasterFile(directory.postgres);
  if (!existsSync(directory.keys) || !postmaster || !isPostmasterOf(postmaster.pid, directory.postgres)) {
    throw new LocalRunError('Set DATABASE_URL, or start the local run (npm start) in another terminal first.');
  }
  const keys = await loadKeys(directory.keys, true);
  const fixed = { DATABASE_URL: applicationUrl(postmaster.port, keys) };
  return serviceEnvironment(process.env, serviceDefaults(settings, directory.mail, keys), fixed);
}

function isProof([, , first, second = '']: readonly string[]): boolean {
  return first === 'audit' && PROOFS.includes(second);
}

async function withAuditKey({ keys: file }: DataDirectory): Promise<NodeJS.ProcessEnv> {
  const { AUDIT_SERVICE_API_KEY, AUDIT_SERVICE_API_KEY_FILE } = process.env;
  const isThisMachine = process.argv.some((word) => /^(?:--url=)?http:\/\/(?:localhost|127\.0\.0\.1)[:/]/.test(word));
  if (AUDIT_SERVICE_API_KEY || AUDIT_SERVICE_API_KEY_FILE || !isThisMachine || !existsSync(file)) return process.env;
  const { auditServiceApiKey } = await loadKeys(file, true);
  return { ...process.env, AUDIT_SERVICE_API_KEY: auditServiceApiKey };
}

try {
  const { status } = spawnSync(process.execPath, [CLI, ...process.argv.slice(2)], {
    env: await environment(),
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof LocalRunError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
