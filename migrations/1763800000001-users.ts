import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who someone is. Personal data is in `_enc` columns only, sealed with the user's own key in `user_keys`; deleting
 * that one row erases the person, in every backup too.
 */
export class Users1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.users (
        id                  uuid        PRIMARY KEY,
        email_enc           bytea       NOT NULL,
        email_index         bytea       NOT NULL,
        email_verified_at   timestamptz,
        password_hash       text        NOT NULL,
        password_changed_at timestamptz NOT NULL,
        status              text        NOT NULL,
        roles               text[]      NOT NULL,
        profile_enc         bytea       NOT NULL,
        locale              text        NOT NULL,
        security_epoch      integer     NOT NULL DEFAULT 1,
        mfa_enabled         boolean     NOT NULL DEFAULT false,
        notice_sent_at      timestamptz,
        version             integer     NOT NULL DEFAULT 1,
        created_at          timestamptz NOT NULL,
        updated_at          timestamptz NOT NULL,
        CONSTRAINT users_email_index_key UNIQUE (email_index),
        CONSTRAINT users_email_index_length CHECK (octet_length(email_index) = 32),
        CONSTRAINT users_status_known CHECK (status IN ('active', 'disabled')),
        CONSTRAINT users_roles_known CHECK (roles <@ ARRAY['user', 'admin'] AND 'user' = ANY (roles)),
        CONSTRAINT users_locale_known CHECK (locale IN ('en', 'ko')),
        CONSTRAINT users_counters_positive CHECK (security_epoch > 0 AND version > 0)
      )`);
    await runner.query(`
      CREATE TABLE user_service.user_keys (
        user_id     uuid        PRIMARY KEY,
        wrapped_key bytea       NOT NULL,
        kek_id      text        NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT user_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE user_service.one_time_tokens (
        hash           bytea       PRIMARY KEY,
        purpose        text        NOT NULL,
        user_id        uuid        NOT NULL,
        security_epoch integer     NOT NULL,
        created_at     timestamptz NOT NULL,
        expires_at     timestamptz NOT NULL,
        used_at        timestamptz,
        CONSTRAINT one_time_tokens_hash_length CHECK (octet_length(hash) = 32),
        CONSTRAINT one_time_tokens_purpose_known CHECK (purpose IN ('email_verification')),
        CONSTRAINT one_time_tokens_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE user_service.consents (
        id         uuid        PRIMARY KEY,
        user_id    uuid        NOT NULL,
        purpose    text        NOT NULL,
        version    text        NOT NULL,
        granted    boolean     NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX consents_history ON user_service.consents (user_id, purpose, decided_at)');
    await runner.query(
      'CREATE INDEX one_time_tokens_user ON user_service.one_time_tokens (user_id, purpose, created_at)',
    );
    await runner.query('CREATE INDEX one_time_tokens_expiry ON user_service.one_time_tokens (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.one_time_tokens');
    await runner.query('DROP TABLE user_service.consents');
    await runner.query('DROP TABLE user_service.user_keys');
    await runner.query('DROP TABLE user_service.users');
  }
}
