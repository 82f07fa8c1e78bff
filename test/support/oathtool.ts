import { execFileSync } from 'node:child_process';

import { findProgram } from './system-program.js';

const STEP_S = 30;

let program: string | undefined;

/**
 * The code that an authenticator app shows, by a program that is nothing of ours.
 *
 * @param secret base32
 * @param steps how many steps of 30 seconds from now
 */
export function codeOf(secret: string, steps = 0, now = new Date()): string {
  program ??= findProgram({
    names: ['oathtool'],
    package: 'oathtool',
    missing: 'The tests need oathtool on the PATH: install it, on Debian with "apt-get install oathtool".',
  });
  const at = new Date(now.getTime() + steps * STEP_S * 1_000);
  const time = `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return execFileSync(program, ['--totp', '--base32', '--now', time, secret], { encoding: 'utf8' }).trim();
}

/** A code that is none of those of the last or next few minutes. */
export function wrongCodeOf(secret: string): string {
  const right = new Set([-4, -3, -2, -1, 0, 1, 2, 3, 4].map((steps) => codeOf(secret, steps)));
  const wrong = Array.from({ length: 10 }, (_, digit) => String(digit).repeat(6)).find((code) => !right.has(code));
  return wrong!;
}
