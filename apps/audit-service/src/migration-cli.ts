import 'reflect-metadata';

import { AuditConfigError, loadMigrationTarget } from './config.js';
import { revertAuditMigration, runAuditMigrations } from './migrate.js';

const [command] = process.argv.slice(2);

try {
  if (command === 'run') {
    const { ownerUrl, appRole } = loadMigrationTarget();
    const applied = await runAuditMigrations(ownerUrl, appRole);
    process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}\n`);
  } else if (command === 'revert') {
    const reverted = await revertAuditMigration(loadMigrationTarget().ownerUrl);
    process.stdout.write(reverted === undefined ? 'There is nothing to revert.\n' : `Reverted: ${reverted}\n`);
  } else {
    process.stderr.write('Usage: migration-cli run|revert\n');
    process.exitCode = 2;
  }
} catch (error) {
  const { code } = error as { code?: unknown };
  // The driver's own words may hold the address with its password.
  const reason = error instanceof AuditConfigError ? error.message : `error ${String(code)}`;
  process.stderr.write(`The migration failed: ${reason}\n`);
  process.exitCode = 1;
}
