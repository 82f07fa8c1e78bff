import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * That they are here. Refresh tokens are partitioned by week of expiry, so that old ones are dropped, not deleted.
 * The key of a partitioned table must hold the partition key; the token's hash alone is unique all the same,
 * because a session's tokens share one expiry and a hash is of 256 random bits.
 */
export class Sessions1763800000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.sessions (
        id            uuid        PRIMARY KEY,
        user_id       uuid        NOT NULL,
        epoch         integer     NOT NULL,
        device        bytea,
        ip_enc        bytea,
        user_agent    text,
        amr           text[]      NOT NULL,
        acr           text        NOT NULL,
        auth_time     timestamptz NOT NULL,
        remember_me   boolean     NOT NULL DEFAULT false,
        created_at    timestamptz NOT NULL,
        last_seen_at  timestamptz NOT NULL,
        expires_at    timestamptz NOT NULL,
        revoked_at    timestamptz,
        revoke_reason text,
        CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE,
        CONSTRAINT sessions_revocation_whole CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
      )`);
    await runner.query(
      'CREATE INDEX sessions_live ON user_service.sessions (user_id, last_seen_at) WHERE revoked_at IS NULL',
    );
    await runner.query('CREATE INDEX sessions_expiry ON user_service.sessions (expires_at)');
    await runner.query(`
      CREATE TABLE user_service.refresh_tokens (
        token_hash bytea       NOT NULL,
        session_id uuid        NOT NULL,
        generation integer     NOT NULL,
        issued_at  timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at    timestamptz,
        successor  bytea,
        PRIMARY KEY (token_hash, expires_at),
        CONSTRAINT refresh_tokens_generation_once UNIQUE (session_id, generation, expires_at),
        CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(token_hash) = 32),
        CONSTRAINT refresh_tokens_session_id_fkey
          FOREIGN KEY (session_id) REFERENCES user_service.sessions (id) ON DELETE CASCADE
      ) PARTITION BY RANGE (expires_at)`);
    await this.partitions(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP FUNCTION user_service.ensure_refresh_token_partitions(timestamptz)');
    await runner.query('DROP TABLE user_service.refresh_tokens');
    await runner.query('DROP TABLE user_service.sessions');
  }

  // The function belongs to the schema's owner, so that the service's own role needs no right to create tables.
  // The default partition takes whatever lies further ahead than anybody prepared: a sign-in never fails for it. Its
  // rows move when their week gets a table; until then PostgreSQL would refuse that table.
  private async partitions(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE user_service.refresh_tokens_default PARTITION OF user_service.refresh_tokens DEFAULT',
    );
    await runner.query(`
      CREATE FUNCTION user_service.ensure_refresh_token_partitions(until timestamptz) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, user_service SET lock_timeout = '2s' AS $$
      DECLARE
        week timestamptz := date_trunc('week', now(), 'UTC');
        name text;
        made integer := 0;
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('user_service.refresh_tokens'));
        WHILE week <= until AND made < 80 LOOP
          name := 'refresh_tokens_' || to_char(week AT TIME ZONE 'UTC', 'IYYY"w"IW');
          IF to_regclass('user_service.' || name) IS NULL THEN
            LOCK TABLE user_service.refresh_tokens_default IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('CREATE TABLE user_service.%I (LIKE user_service.refresh_tokens INCLUDING ALL)', name);
            EXECUTE format(
              'WITH moved AS (DELETE FROM user_service.refresh_tokens_default
                 WHERE expires_at >= %L AND expires_at < %L RETURNING *)
               INSERT INTO user_service.%I SELECT * FROM moved', week, week + interval '7 days', name);
            EXECUTE format(
              'ALTER TABLE user_service.refresh_tokens ATTACH PARTITION user_service.%I FOR VALUES FROM (%L) TO (%L)',
              name, week, week + interval '7 days');
            made := made + 1;
          END IF;
          week := week + interval '7 days';
        END LOOP;
        RETURN made;
      END $$`);
    await runner.query('REVOKE ALL ON FUNCTION user_service.ensure_refresh_token_partitions(timestamptz) FROM PUBLIC');
    await runner.query(`SELECT user_service.ensure_refresh_token_partitions(now() + interval '90 days')`);
  }
}
