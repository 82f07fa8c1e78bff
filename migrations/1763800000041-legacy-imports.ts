import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which line of an export of the service before became which user, so that an import can be cut off and begin anew. */
export class LegacyImports1763800000041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.legacy_imports (
        email_index bytea       PRIMARY KEY,
        line_digest bytea       NOT NULL,
        user_id     uuid        NOT NULL,
        imported_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT legacy_imports_lengths CHECK (octet_length(email_index) = 32 AND octet_length(line_digest) = 32),
        CONSTRAINT legacy_imports_user_id_key UNIQUE (user_id),
        CONSTRAINT legacy_imports_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.legacy_imports');
  }
}
