import { findProgram } from './system-program.js';

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
  return findProgram({
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    package: 'chromium',
    missing: 'The browser tests need Chromium on the PATH: install it, on Debian with "apt-get install chromium".',
  });
}
