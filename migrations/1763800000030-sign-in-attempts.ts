import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often somebody tried to sign in. A row is a counter: of one address from one source, of one address wherever it is
 * tried, of one known device, of one session whose password is asked for again, of one source over all addresses, and of
 * the whole service. `key` is an HMAC, so that the table tells nobody who was tried, nor whether there is such a user.
 */
export class SignInAttempts1763800000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    // `attempts` is what was reserved since the count began, `failures` what of that is known to have been wrong. Of a
    // source and of the service `expires_at` alone counts: it moves on with every failure. Room in the pages, so that
    // counting writes no index: there is none on what changes, and cleaning up may read the whole table.
    await runner.query(`
      CREATE TABLE user_service.sign_in_attempts (
        key        bytea       PRIMARY KEY,
        attempts   integer     NOT NULL,
        failures   integer     NOT NULL,
        counted_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT sign_in_attempts_key_length CHECK (octet_length(key) = 32),
        CONSTRAINT sign_in_attempts_counts CHECK (failures >= 0 AND attempts >= failures)
      ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.sign_in_attempts');
  }
}
