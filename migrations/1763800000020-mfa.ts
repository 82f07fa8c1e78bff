import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * That it is really them. Secrets are sealed with the user's own key; recovery codes and tokens are there as hashes
 * only. What may happen once, or so many times, is decided by these rows: a code by `last_used_step` and `used_at`, a
 * challenge by `used_at`, guesses by `failures`.
 */
export class Mfa1763800000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await this.factors(runner);
    await this.challenges(runner);
    // What sessions may know of an account without reading its table.
    await runner.query(`
      CREATE OR REPLACE VIEW user_service.account_states AS
        SELECT id, status = 'active' AS active, security_epoch, roles, version, mfa_enabled FROM user_service.users`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    // Columns of a view cannot be taken away one by one. Rights to the new one come with the schema's default privileges.
    await runner.query('DROP VIEW user_service.account_states');
    await runner.query(`
      CREATE VIEW user_service.account_states AS
        SELECT id, status = 'active' AS active, security_epoch, roles, version FROM user_service.users`);
    await runner.query('DROP TABLE user_service.mfa_attempts');
    await runner.query('DROP TABLE user_service.mfa_challenges');
    await runner.query('DROP TABLE user_service.recovery_codes');
    await runner.query('DROP TABLE user_service.mfa_factors');
    // Nobody could prove a second factor any more.
    await runner.query('UPDATE user_service.users SET mfa_enabled = false, version = version + 1 WHERE mfa_enabled');
  }

  private async factors(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_service.mfa_factors (
        id             uuid        PRIMARY KEY,
        user_id        uuid        NOT NULL,
        method         text        NOT NULL,
        secret_enc     bytea,
        last_used_step bigint,
        created_at     timestamptz NOT NULL,
        confirmed_at   timestamptz,
        last_used_at   timestamptz,
        CONSTRAINT mfa_factors_method_known CHECK (method IN ('totp', 'passkey')),
        CONSTRAINT mfa_factors_totp_has_secret CHECK (method <> 'totp' OR secret_enc IS NOT NULL),
        CONSTRAINT mfa_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX mfa_factors_of_user ON user_service.mfa_factors (user_id)');
    // One for each user, whether it is confirmed or still waits for that.
    await runner.query(
      `CREATE UNIQUE INDEX mfa_factors_one_totp ON user_service.mfa_factors (user_id) WHERE method = 'totp'`,
    );
    await runner.query(`
      CREATE TABLE user_service.recovery_codes (
        user_id    uuid        NOT NULL,
        selector   text        NOT NULL,
        code_hash  text        NOT NULL,
        created_at timestamptz NOT NULL,
        used_at    timestamptz,
        PRIMARY KEY (user_id, selector),
        CONSTRAINT recovery_codes_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
  }

  private async challenges(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_service.mfa_challenges (
        id               uuid        PRIMARY KEY,
        token_hash       bytea       NOT NULL,
        user_id          uuid        NOT NULL,
        purpose          text        NOT NULL,
        security_epoch   integer     NOT NULL,
        device_hash      bytea       NOT NULL,
        continuation_enc bytea       NOT NULL,
        created_at       timestamptz NOT NULL,
        expires_at       timestamptz NOT NULL,
        used_at          timestamptz,
        CONSTRAINT mfa_challenges_token_hash_key UNIQUE (token_hash),
        CONSTRAINT mfa_challenges_hash_length CHECK (octet_length(token_hash) = 32 AND octet_length(device_hash) = 32),
        CONSTRAINT mfa_challenges_purpose_known CHECK (purpose IN ('sign_in')),
        CONSTRAINT mfa_challenges_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX mfa_challenges_of_user ON user_service.mfa_challenges (user_id)');
    await runner.query('CREATE INDEX mfa_challenges_expiry ON user_service.mfa_challenges (expires_at)');
    await runner.query(`
      CREATE TABLE user_service.mfa_attempts (
        user_id  uuid          NOT NULL,
        purpose  text          NOT NULL,
        failures timestamptz[] NOT NULL DEFAULT '{}',
        notices  timestamptz[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (user_id, purpose),
        CONSTRAINT mfa_attempts_purpose_known CHECK (purpose IN ('proof', 'enrolment')),
        CONSTRAINT mfa_attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      ) WITH (fillfactor = 70)`);
  }
}
