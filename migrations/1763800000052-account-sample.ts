import type { MigrationInterface, QueryRunner } from 'typeorm';

/** 8 MiB: some ten thousand accounts, from which a share is known to a percent or so. */
const MOST_PAGES = 1_024;

/**
 * `account_sample` is what identity tells about all accounts together, at a cost that does not grow with them: all
 * of a small table, and of a larger one the rows of about as many pages as it says. `share`: what part of the table that is.
 */
export class AccountSample1763800000052 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    const pages = `(pg_relation_size('user_service.users'::regclass) / current_setting('block_size')::bigint)`;
    const share = `least(1.0, ${String(MOST_PAGES)}.0 / greatest(${pages}, 1))`;
    await runner.query(`
      CREATE VIEW user_service.account_sample AS
        SELECT status = 'active' AS active, mfa_enabled, ${share} AS share
          FROM user_service.users TABLESAMPLE SYSTEM (100 * ${share})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP VIEW user_service.account_sample');
  }
}
