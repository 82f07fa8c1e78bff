import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The answers that hold the secret of an authenticator app are forgotten once it is confirmed: a handful of rows. */
export class MfaAnswers1763800000021 implements MigrationInterface {
  // CREATE INDEX CONCURRENTLY cannot run in a transaction.
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    // What a run that was cut off left behind is not valid.
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.idempotency_keys_totp');
    await runner.query(`
      CREATE INDEX CONCURRENTLY idempotency_keys_totp ON user_service.idempotency_keys (caller)
        WHERE route = 'POST /api/v1/users/me/mfa/totp'`);
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.idempotency_keys_totp');
    await runner.query('RESET lock_timeout');
  }
}
