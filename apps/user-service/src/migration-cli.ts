import 'reflect-metadata';

import { ConfigError, loadDatabaseUrl } from './config.js';
import { revertMigration, runMigrations } from './migrate.js';

const [command] = process.argv.slice(2);

try {
  if (command === 'run') {
    const applied = await runMigrations(loadDatabaseUrl());
    process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}\n`);
  } else if (command === 'revert') {
    const reverted = await revertMigration(loadDatabaseUrl());
    process.stdout.write(reverted === undefined ? 'There is nothing to revert.\n' : `Reverted: ${reverted}\n`);
  } else {
    process.stderr.write('Usage: migration-cli run|revert\n');
    process.exitCode = 2;
  }
} catch (error) {
  // The driver's own words may hold the address with its password.
  const reason = error instanceof ConfigError ? error.message : describe(error);
  process.stderr.write(`The migration failed: ${reason}\n`);
  process.exitCode = 1;
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return [code, message].filter((part) => typeof part === 'string' && !part.includes('://')).join(' ');
}
