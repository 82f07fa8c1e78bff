import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was told of the service itself, so that of many processes one tells of a change. */
export class AuditFacts1763800000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.audit_facts (
        fact       text        PRIMARY KEY,
        value      text        NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    // So that the first start tells of everything that was applied before it.
    await runner.query(`INSERT INTO user_service.audit_facts (fact, value) VALUES ('migration', '0')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.audit_facts');
  }
}
