import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which rows of the audit table of the service before have been handed over, so that none is twice and none is missed. */
export class LegacyAudit1763800000042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.legacy_audit_handed (
        source   text NOT NULL,
        key      text NOT NULL,
        event_id uuid NOT NULL,
        PRIMARY KEY (source, key)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.legacy_audit_handed');
  }
}
