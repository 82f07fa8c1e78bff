/** A process of its own, so that the local run itself stays small. Takes DATABASE_URL from the environment. */
import { runMigrations } from '../../user-service/src/migrate.js';

const applied = await runMigrations(process.env['DATABASE_URL'] ?? '');
console.log(applied.length);
