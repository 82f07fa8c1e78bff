import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const INSTALL_MS = 300_000;

/** Flags for a Chromium that runs as root in a container and talks to nobody but the page under test. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of a Chromium: from the PATH, else installed with the system's package manager (as root only). */
export function findChromium(): string {
  const found = onPath() ?? (install() ? onPath() : undefined);
  if (found === undefined) {
    throw new Error(
      'The browser tests need Chromium on the PATH: install it, on Debian with "apt-get install chromium".',
    );
  }
  return found;
}

function onPath(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    apt('update');
    apt('install', '--yes', '--no-install-recommends', 'chromium');
    return true;
  } catch {
    return false;
  }
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['--quiet', ...args], { stdio: 'ignore', timeout: INSTALL_MS, env });
}
