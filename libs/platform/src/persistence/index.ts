export { PersistenceSettings, SCHEMA, dataSourceOptions, migrationOptions } from './data-source-options.js';
export { Database, PLANNED_ANEW } from './database.js';
export { DatabaseConnector } from './database-connector.js';
export { databaseErrorCode, isDatabaseUnavailable, orOutage, SQLSTATE } from './errors.js';
export { EventReactions } from './event-reactions.js';
export { ExpiredRows } from './expired-rows.postgres.js';
export { migrateDown, migrateUp, type SchemaHistory } from './migration-runner.js';
export { EventSink, TypeOrmUnitOfWork } from './unit-of-work.typeorm.js';
