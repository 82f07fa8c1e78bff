import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A passkey that is shown within a session says nothing about guesses at a sign-in, so it is counted for itself. */
export class MfaAttemptsWithinSessions1763800000023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await this.allow(runner, `'proof', 'enrolment', 'session_passkey'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`DELETE FROM user_service.mfa_attempts WHERE purpose = 'session_passkey'`);
    await this.allow(runner, `'proof', 'enrolment'`);
  }

  // The table has a row for each user who was asked for a factor lately, so that looking at all of them is quick.
  private async allow(runner: QueryRunner, purposes: string): Promise<void> {
    await runner.query(`
      ALTER TABLE user_service.mfa_attempts DROP CONSTRAINT mfa_attempts_purpose_known,
        ADD CONSTRAINT mfa_attempts_purpose_known CHECK (purpose IN (${purposes}))`);
  }
}
