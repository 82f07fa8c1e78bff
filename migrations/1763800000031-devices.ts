import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Devices on which somebody has signed in, as long as they show the token that they were given then. `client_hash` tells
 * devices of one make and network from others without saying which; `told` is true once its owner got a mail about one.
 */
export class Devices1763800000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.devices (
        token_hash    bytea       PRIMARY KEY,
        user_id       uuid        NOT NULL,
        label_enc     bytea,
        client_hash   bytea       NOT NULL,
        told          boolean     NOT NULL,
        first_seen_at timestamptz NOT NULL,
        last_seen_at  timestamptz NOT NULL,
        expires_at    timestamptz NOT NULL,
        CONSTRAINT devices_hash_length CHECK (octet_length(token_hash) = 32 AND octet_length(client_hash) = 32),
        CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX devices_user ON user_service.devices (user_id)');
    await runner.query('CREATE INDEX devices_expiry ON user_service.devices (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.devices');
  }
}
