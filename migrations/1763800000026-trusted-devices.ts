import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Devices on which a second factor is not asked for each time. A row counts for one user, on the device that holds the
 * token, and while the security epoch of the account is the same; its label is sealed with the user's key.
 */
export class TrustedDevices1763800000026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.mfa_trusted_devices (
        id             uuid        PRIMARY KEY,
        user_id        uuid        NOT NULL,
        device_hash    bytea       NOT NULL,
        security_epoch integer     NOT NULL,
        label_enc      bytea,
        created_at     timestamptz NOT NULL,
        last_used_at   timestamptz,
        expires_at     timestamptz NOT NULL,
        CONSTRAINT mfa_trusted_devices_device_key UNIQUE (user_id, device_hash),
        CONSTRAINT mfa_trusted_devices_hash_length CHECK (octet_length(device_hash) = 32),
        CONSTRAINT mfa_trusted_devices_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX mfa_trusted_devices_expiry ON user_service.mfa_trusted_devices (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.mfa_trusted_devices');
  }
}
