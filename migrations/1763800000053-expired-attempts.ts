import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the cleaner find counters whose time is over, however many there are, without reading the whole table. */
export class ExpiredAttempts1763800000053 implements MigrationInterface {
  // Not CONCURRENTLY: that waits for every transaction of the database, a backup's too, and what it gives up is left not
  // valid. Rows live a day or so, so that sign-ins wait for this one for a moment only.
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('CREATE INDEX sign_in_attempts_expires_at ON user_service.sign_in_attempts (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP INDEX user_service.sign_in_attempts_expires_at');
  }
}
