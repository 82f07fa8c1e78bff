import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Passkeys that are shown within a session are counted for that session: whoever stole one must not keep the owner from a
 * fresh proof in another. Rows of mfa_attempts that counted them for the user are not read any more.
 */
export class MfaSessionAttempts1763800000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.mfa_session_attempts (
        user_id    uuid          NOT NULL,
        session_id uuid          NOT NULL,
        failures   timestamptz[] NOT NULL,
        expires_at timestamptz   NOT NULL,
        PRIMARY KEY (user_id, session_id),
        CONSTRAINT mfa_session_attempts_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX mfa_session_attempts_expiry ON user_service.mfa_session_attempts (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.mfa_session_attempts');
  }
}
