import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `account_states` is what identity tells other contexts about an account without their reading its table: whether what
 * was handed out still counts, and which roles it has now.
 */
export class AccountStates1763800000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE VIEW user_service.account_states AS
        SELECT id, status = 'active' AS active, security_epoch, roles, version FROM user_service.users`);
    // Room in each page, so that noting an activity needs no new one.
    await runner.query('ALTER TABLE user_service.sessions SET (fillfactor = 80)');
    await this.dropper(runner);
    // Waiting for a lock on all tokens holds up everybody behind it, and a backup keeps one for long; others give up
    // after a second, so these have to long before. The next hour tries again.
    await runner.query(
      `ALTER FUNCTION user_service.ensure_refresh_token_partitions(timestamptz) SET lock_timeout = '200ms'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(
      `ALTER FUNCTION user_service.ensure_refresh_token_partitions(timestamptz) SET lock_timeout = '2s'`,
    );
    await runner.query('DROP FUNCTION user_service.drop_refresh_token_partitions(timestamptz)');
    await runner.query('ALTER TABLE user_service.sessions RESET (fillfactor)');
    await runner.query('DROP VIEW user_service.account_states');
  }

  // Belongs to the schema's owner, so that the service's own role needs no right to drop tables. A week goes as a whole
  // once its last token has expired before `before`; nobody can say about an expired token whether it was reused.
  private async dropper(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION user_service.drop_refresh_token_partitions(before timestamptz) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, user_service SET lock_timeout = '200ms' AS $$
      DECLARE
        partition record;
        dropped integer := 0;
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('user_service.refresh_tokens'));
        FOR partition IN
          SELECT c.relname,
                 (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS ends
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'user_service.refresh_tokens'::regclass AND c.relname <> 'refresh_tokens_default'
        LOOP
          IF partition.ends < before THEN
            EXECUTE format('DROP TABLE user_service.%I', partition.relname);
            dropped := dropped + 1;
          END IF;
        END LOOP;
        RETURN dropped;
      END $$`);
    await runner.query('REVOKE ALL ON FUNCTION user_service.drop_refresh_token_partitions(timestamptz) FROM PUBLIC');
  }
}
