import type { MigrationInterface, QueryRunner } from 'typeorm';

/** First answers of calls that carried an Idempotency-Key. Hashes are keyed; the stored answer is encrypted. */
export class IdempotencyKeys1763800000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.idempotency_keys (
        key_hash     bytea       NOT NULL,
        route        text        NOT NULL,
        caller       bytea       NOT NULL,
        request_hash bytea       NOT NULL,
        status       smallint,
        body_enc     bytea,
        created_at   timestamptz NOT NULL DEFAULT now(),
        locked_until timestamptz,
        expires_at   timestamptz NOT NULL,
        PRIMARY KEY (key_hash, route, caller)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_expiry ON user_service.idempotency_keys (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.idempotency_keys');
  }
}
