import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which events were told without a change of their own, so that one whose COMMIT was not answered is known again although
 * it was delivered and its row is gone.
 */
export class ToldEvents1763800000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.outbox_told (
        event_id   uuid        PRIMARY KEY,
        expires_at timestamptz NOT NULL DEFAULT now()
      ) WITH (autovacuum_vacuum_scale_factor = 0.05)`);
    await runner.query('CREATE INDEX outbox_told_expiry ON user_service.outbox_told (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.outbox_told');
  }
}
