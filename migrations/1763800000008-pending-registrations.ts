import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A mailed token confirms the registration it was made for, and no other: password hash, profile and decisions wait
 * with it, sealed with the key of the account. Other purposes have none.
 */
export class PendingRegistrations1763800000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      ALTER TABLE user_service.one_time_tokens
        ADD COLUMN registration_enc bytea,
        ADD COLUMN signed_up_at     timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    // Without its registration a token would confirm the account as it stands, whoever registered it.
    await runner.query(`UPDATE user_service.one_time_tokens SET used_at = now()
                         WHERE used_at IS NULL AND registration_enc IS NOT NULL`);
    await runner.query(`
      ALTER TABLE user_service.one_time_tokens DROP COLUMN signed_up_at, DROP COLUMN registration_enc`);
  }
}
