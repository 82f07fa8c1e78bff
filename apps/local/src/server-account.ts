import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalRunError } from './local-run-error.js';

/** The user that PostgreSQL runs as: it refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What goes before a command, and into its spawn options, so that it runs as the account. */
export interface Launch {
  readonly prefix: readonly string[];
  readonly ids: Partial<Account>;
}

const NAME = 'postgres';
/** Everybody may enter /tmp and the like; these two let root's helper enter a closed parent such as /root as well. */
const ENTER_CAPABILITIES = [
  ['dac_read_search', 1n << 2n],
  ['dac_override', 1n << 1n],
] as const;

/**
 * Undefined for an ordinary user. For root: the owner of data that is already there, else the system's `postgres`
 * user, which is created when it is missing.
 */
export function serverAccount(dataDirectory: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDirectory, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp() ?? create();
}

/** How to run `commands` as the account so that it can enter `directories`. */
export function launchAs(account: Account | undefined, paths: readonly string[]): Launch {
  if (account === undefined) return { prefix: [], ids: {} };
  const closed = paths.map((path) => closedParent(path, account)).find((parent) => parent !== undefined);
  if (closed === undefined) return { prefix: [], ids: account };
  const capability = enterCapability();
  if (capability === undefined || !hasSetpriv()) {
    throw new LocalRunError(
      `PostgreSQL runs as the user "${NAME}", who may not enter ${closed}: ` +
        'move the project and DATA_DIR to where everybody may enter, or start as an ordinary user.',
    );
  }
  return { prefix: setpriv(account, capability), ids: {} };
}

function setpriv(account: Account, capability: string): string[] {
  return [
    'setpriv',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    // access(2) drops ambient capabilities without it (man 7 capabilities, SECBIT_NO_SETUID_FIXUP).
    '--securebits=+no_setuid_fixup',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    '--',
  ];
}

/** The first directory on the way to the path that the account may not enter. */
export function closedParent(path: string, account: Account): string | undefined {
  const parents: string[] = [];
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    parents.unshift(parent);
    if (parent === dirname(parent)) break;
  }
  return parents.find((parent) => !mayEnter(parent, account));
}

function mayEnter(directory: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(directory);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

function enterCapability(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, hex] = /^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const permitted = BigInt(`0x${hex ?? '0'}`);
  return ENTER_CAPABILITIES.find(([, bit]) => (permitted & bit) !== 0n)?.[0];
}

function hasSetpriv(): boolean {
  return succeeds('setpriv', ['--version']);
}

function lookUp(): Account | undefined {
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function id(flag: '-u' | '-g'): number {
  return Number.parseInt(execFileSync('id', [flag, NAME], { encoding: 'utf8', stdio: 'pipe' }), 10);
}

function create(): Account {
  const created =
    succeeds('useradd', ['--system', '--user-group', '--no-create-home', NAME]) ||
    succeeds('adduser', ['-S', '-D', '-H', NAME]); // BusyBox
  const account = created ? lookUp() : undefined;
  if (account === undefined) {
    throw new LocalRunError(
      `PostgreSQL refuses to run as root, and no user "${NAME}" could be made: start as an ordinary user.`,
    );
  }
  return account;
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
