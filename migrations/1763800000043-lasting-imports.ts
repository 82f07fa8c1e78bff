import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The note of an imported line outlives its user: whoever was erased here must not come back with the next run. */
export class LastingImports1763800000043 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      ALTER TABLE user_service.legacy_imports
        ALTER COLUMN user_id DROP NOT NULL,
        DROP CONSTRAINT legacy_imports_user_id_fkey,
        ADD CONSTRAINT legacy_imports_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE SET NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DELETE FROM user_service.legacy_imports WHERE user_id IS NULL');
    await runner.query(`
      ALTER TABLE user_service.legacy_imports
        ALTER COLUMN user_id SET NOT NULL,
        DROP CONSTRAINT legacy_imports_user_id_fkey,
        ADD CONSTRAINT legacy_imports_user_id_fkey
          FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE`);
  }
}
