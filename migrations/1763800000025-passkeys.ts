import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Passkeys are factors of a user. What would tell accounts or devices apart (credential id, public key, name) is sealed
 * with the user's key; the credential is found by its blind index. A challenge is there as a hash, for one purpose, and
 * works once.
 */
export class Passkeys1763800000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      ALTER TABLE user_service.mfa_factors
        ADD COLUMN credential_index bytea,
        ADD COLUMN sign_count       bigint,
        ADD COLUMN backup_eligible  boolean,
        ADD COLUMN backed_up        boolean,
        ADD COLUMN regression_told_at timestamptz,
        ADD CONSTRAINT mfa_factors_passkey_whole CHECK (method <> 'passkey' OR (
          secret_enc IS NOT NULL AND octet_length(credential_index) = 32 AND sign_count >= 0
          AND backup_eligible IS NOT NULL AND backed_up IS NOT NULL))`);
    await runner.query(`
      CREATE UNIQUE INDEX mfa_factors_credential_key ON user_service.mfa_factors (credential_index)
       WHERE credential_index IS NOT NULL`);
    await runner.query(`
      CREATE TABLE user_service.passkey_challenges (
        hash       bytea       PRIMARY KEY,
        purpose    text        NOT NULL,
        user_id    uuid,
        bond       text,
        expires_at timestamptz NOT NULL,
        used_at    timestamptz,
        CONSTRAINT passkey_challenges_hash_length CHECK (octet_length(hash) = 32),
        CONSTRAINT passkey_challenges_purpose_known
          CHECK (purpose IN ('registration', 'sign_in', 'second_factor', 'step_up')),
        CONSTRAINT passkey_challenges_user_known CHECK ((purpose = 'sign_in') = (user_id IS NULL)),
        CONSTRAINT passkey_challenges_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX passkey_challenges_of_user ON user_service.passkey_challenges (user_id)');
    await runner.query('CREATE INDEX passkey_challenges_expiry ON user_service.passkey_challenges (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.passkey_challenges');
    // Without its columns a passkey proves nothing; whoever has no other factor has none.
    await runner.query(`DELETE FROM user_service.mfa_factors WHERE method = 'passkey'`);
    await runner.query(`
      UPDATE user_service.users u SET mfa_enabled = false, version = version + 1
       WHERE mfa_enabled AND NOT EXISTS (SELECT 1 FROM user_service.mfa_factors f
                                          WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL)`);
    await runner.query(`
      ALTER TABLE user_service.mfa_factors
        DROP COLUMN regression_told_at, DROP COLUMN backed_up, DROP COLUMN backup_eligible, DROP COLUMN sign_count, DROP COLUMN credential_index`);
  }
}
