import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const INSTALL_MS = 300_000;

export interface SystemProgram {
  /** What it is called on the PATH; the first one that is there. */
  readonly names: readonly string[];
  /** What Debian calls the package. */
  readonly package: string;
  /** One line for whoever has to install it. */
  readonly missing: string;
}

/** Path of a program: from the PATH, else installed with the system's package manager (as root only). */
export function findProgram(program: SystemProgram): string {
  const found = onPath(program.names) ?? (install(program.package) ? onPath(program.names) : undefined);
  if (found === undefined) throw new Error(program.missing);
  return found;
}

function onPath(names: readonly string[]): string | undefined {
  // Distributions keep servers where not everybody's PATH leads.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(name: string): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    apt('update');
    apt('install', '--yes', '--no-install-recommends', name);
    return true;
  } catch {
    return false;
  }
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['--quiet', ...args], { stdio: 'ignore', timeout: INSTALL_MS, env });
}
