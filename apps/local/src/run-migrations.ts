/** A process of its own, so that the local run itself stays small. Takes the addresses from the environment. */
import { runAuditMigrations } from '../../audit-service/src/migrate.js';
import { runMigrations } from '../../user-service/src/migrate.js';

const [user, audit] = await Promise.all([
  runMigrations(process.env['DATABASE_URL'] ?? ''),
  runAuditMigrations(process.env['AUDIT_MIGRATION_DATABASE_URL'] ?? '', 'audit_service'),
]);
console.log(user.length + audit.length);
