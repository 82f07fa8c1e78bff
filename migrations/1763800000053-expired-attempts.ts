import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the cleaner find counters whose time is over, however many there are, without reading the whole table. */
export class ExpiredAttempts1763800000053 implements MigrationInterface {
  // CREATE INDEX CONCURRENTLY cannot run in a transaction.
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    // What a run that was cut off left behind is not valid.
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.sign_in_attempts_expires_at');
    await runner.query(
      'CREATE INDEX CONCURRENTLY sign_in_attempts_expires_at ON user_service.sign_in_attempts (expires_at)',
    );
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.sign_in_attempts_expires_at');
    await runner.query('RESET lock_timeout');
  }
}
