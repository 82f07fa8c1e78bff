import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LocalRunError } from './local-run-error.js';
import { serverAccount } from './server-account.js';
import { waitUntil } from './wait-until.js';

/** Where things lie under DATA_DIR. */
export interface DataDirectory {
  readonly root: string;
  readonly postgres: string;
  readonly keys: string;
  readonly mail: string;
  readonly log: string;
}

/** The right to use a data directory, which one local run has at a time. */
export interface Claim {
  /** The run before this one was killed: some of its processes may still be on their way out. */
  readonly afterCrash: boolean;
  release(): Promise<void>;
}

const SQLITE_BUSY = 5; // https://sqlite.org/rescode.html#busy
export function dataDirectoryAt(root: string): DataDirectory {
  return {
    root,
    postgres: join(root, 'postgres'),
    keys: join(root, 'keys.json'),
    mail: join(root, 'mail'),
    log: join(root, 'log'),
  };
}

/** A run that was just told to stop gets this long to do so. */
const PATIENCE_MS = 3_000;

export async function prepareDataDirectory(root: string): Promise<DataDirectory> {
  const directory = dataDirectoryAt(root);
  try {
    await makeFolders(root);
    // Somebody's folder with other things in it keeps its mode.
    if ((await readdir(root)).length === 0) await closeToOthers(directory);
    for (const path of [directory.mail, directory.log]) await makeFolders(path);
  } catch (cause) {
    if (cause instanceof LocalRunError) throw cause;
    throw new LocalRunError(`DATA_DIR ${root} cannot be used: ${reason(cause)}`, { cause });
  }
  return directory;
}

/** Node's own `recursive` never comes back where none can be made although the one above is there, as below /proc. */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolders(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    // Another start was faster. Which of them may go on, the lock decides.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

/** The kernel drops this lock with its process, however that ends; a file with a process id would go stale. */
export async function claimDataDirectory({ root }: DataDirectory): Promise<Claim> {
  const lockFile = join(root, 'lock');
  await writeFile(lockFile, '', { flag: 'a', mode: 0o600 }); // SQLite would make it readable to all
  const lock = new DatabaseSync(lockFile);
  if (!(await waitUntil(() => tryLock(lock, root), PATIENCE_MS))) {
    lock.close();
    throw new LocalRunError(`Another local run ${holder(root)} uses ${root}: stop it first, or set another DATA_DIR.`);
  }
  const holderFile = join(root, 'running.pid');
  const afterCrash = holder(root) !== '';
  await writeFile(holderFile, String(process.pid), { mode: 0o600 });
  return {
    afterCrash,
    release: async () => {
      await rm(holderFile, { force: true });
      lock.close();
    },
  };
}

async function closeToOthers({ root, postgres }: DataDirectory): Promise<void> {
  const account = serverAccount(postgres);
  if (account !== undefined) await chown(root, 0, account.gid);
  // Root's PostgreSQL is another user and has to pass through.
  await chmod(root, account === undefined ? 0o700 : 0o710);
}

function tryLock(lock: DatabaseSync, root: string): boolean {
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // nothing is ever written, so no journal
    return true;
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw new LocalRunError(`DATA_DIR ${root} cannot be locked: ${reason(cause)}`, { cause });
  }
}

function holder(root: string): string {
  try {
    return `(process ${Number(readFileSync(join(root, 'running.pid'), 'utf8'))})`;
  } catch {
    return '';
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
