import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was received. The columns that are searched are made of the event itself, so that none of them can say anything
 * else. Neither table can be changed, not even by its owner: the triggers fire for everybody, in replication too.
 */
export class Events1764370000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE audit.events (
        position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        event       jsonb       NOT NULL,
        id          uuid        NOT NULL GENERATED ALWAYS AS ((event ->> 'id')::uuid) STORED,
        lane        smallint    NOT NULL GENERATED ALWAYS AS ((event ->> 'lane')::smallint) STORED,
        sequence    bigint      NOT NULL GENERATED ALWAYS AS ((event ->> 'sequence')::bigint) STORED,
        type        text        NOT NULL GENERATED ALWAYS AS (event ->> 'type') STORED,
        subject     text        GENERATED ALWAYS AS (event ->> 'subject') STORED,
        CONSTRAINT events_id UNIQUE (id),
        CONSTRAINT events_place UNIQUE (lane, sequence)
      )`);
    await runner.query('CREATE INDEX events_subject ON audit.events (subject, position)');
    await runner.query('CREATE INDEX events_type ON audit.events (type, position)');
    await runner.query('CREATE INDEX events_received ON audit.events (received_at, position)');
    await runner.query(`
      CREATE TABLE audit.refused_events (
        position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        event_id    text        NOT NULL,
        lane        smallint    NOT NULL,
        sequence    bigint      NOT NULL,
        prevhash    text        NOT NULL,
        hash        text        NOT NULL,
        code        text        NOT NULL,
        CONSTRAINT refused_events_once UNIQUE (lane, sequence, event_id, hash)
      )`);
    await runner.query(`
      CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'permission denied: audit.% is append-only', TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const table of ['events', 'refused_events']) {
      await runner.query(`
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()`);
      await runner.query(`ALTER TABLE audit.${table} ENABLE ALWAYS TRIGGER append_only`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE audit.refused_events');
    await runner.query('DROP TABLE audit.events');
    await runner.query('DROP FUNCTION audit.refuse_change()');
  }
}
