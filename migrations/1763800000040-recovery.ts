import type { MigrationInterface, QueryRunner } from 'typeorm';

const PURPOSES = ['email_verification', 'password_reset', 'email_change', 'email_change_undo'];

/**
 * Getting back into an account, and changing its address. `recovery_requests` is what strangers asked for and the
 * service looks at after it has answered them; whether anybody has the address is not known when a row is written.
 */
export class Recovery1763800000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await this.allow(runner, PURPOSES);
    // The address that a token sets, sealed with the key of the account.
    await runner.query('ALTER TABLE user_service.one_time_tokens ADD COLUMN address_enc bytea');
    await runner.query(`
      CREATE TABLE user_service.recovery_requests (
        id           uuid        PRIMARY KEY,
        email_enc    bytea       NOT NULL,
        origin_enc   bytea       NOT NULL,
        created_at   timestamptz NOT NULL DEFAULT now(),
        available_at timestamptz NOT NULL DEFAULT now()
      ) WITH (
        fillfactor = 70,
        autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0
      )`);
    await runner.query('CREATE INDEX recovery_requests_due ON user_service.recovery_requests (available_at, id)');
    await runner.query(`
      CREATE TABLE user_service.recovery_sources (
        source_hash bytea       PRIMARY KEY,
        mails       integer     NOT NULL,
        expires_at  timestamptz NOT NULL,
        CONSTRAINT recovery_sources_hash_length CHECK (octet_length(source_hash) = 32)
      )`);
    await runner.query('CREATE INDEX recovery_sources_expiry ON user_service.recovery_sources (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.recovery_sources');
    await runner.query('DROP TABLE user_service.recovery_requests');
    await runner.query(`DELETE FROM user_service.one_time_tokens WHERE purpose <> 'email_verification'`);
    await runner.query('ALTER TABLE user_service.one_time_tokens DROP COLUMN address_enc');
    await this.allow(runner, PURPOSES.slice(0, 1));
  }

  private async allow(runner: QueryRunner, purposes: readonly string[]): Promise<void> {
    const list = purposes.map((purpose) => `'${purpose}'`).join(', ');
    await runner.query(`
      ALTER TABLE user_service.one_time_tokens
        DROP CONSTRAINT one_time_tokens_purpose_known,
        ADD CONSTRAINT one_time_tokens_purpose_known CHECK (purpose IN (${list}))`);
  }
}
