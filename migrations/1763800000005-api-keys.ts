import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys by which other services and gateways call this one. The secret half is 256 random bits, so that its SHA-256
 * tells nothing; the prefix names a key in logs and commands and opens nothing. A client may hold several keys at once.
 */
export class ApiKeys1763800000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.api_keys (
        id           uuid        PRIMARY KEY,
        name         text        NOT NULL,
        prefix       text        NOT NULL,
        secret_hash  bytea       NOT NULL,
        scopes       text[]      NOT NULL,
        expires_at   timestamptz NOT NULL,
        last_used_at timestamptz,
        rotated_from uuid        REFERENCES user_service.api_keys (id) ON DELETE SET NULL,
        created_by   uuid,
        created_at   timestamptz NOT NULL,
        revoked_at   timestamptz,
        CONSTRAINT api_keys_prefix UNIQUE (prefix),
        CONSTRAINT api_keys_secret_hash_length CHECK (octet_length(secret_hash) = 32),
        CONSTRAINT api_keys_scopes_some CHECK (cardinality(scopes) > 0)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.api_keys');
  }
}
