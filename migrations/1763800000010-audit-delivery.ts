import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the delivery of audit events remembers: where each lane ends, what was refused, how far a spool is drained. */
export class AuditDelivery1763800000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    // Events of one lane are sealed in the order of their insertion, which the clocks of several instances do not tell.
    // The default comes by a second statement, so that the rows that are there are not written anew; they are older.
    await runner.query('CREATE SEQUENCE user_service.outbox_position');
    await runner.query('ALTER TABLE user_service.outbox ADD COLUMN position bigint, ADD COLUMN prevhash bytea');
    await runner.query('ALTER SEQUENCE user_service.outbox_position OWNED BY user_service.outbox.position');
    await runner.query(
      `ALTER TABLE user_service.outbox ALTER COLUMN position SET DEFAULT nextval('user_service.outbox_position')`,
    );
    await runner.query(`
      CREATE TABLE user_service.outbox_lanes (
        lane         smallint    PRIMARY KEY,
        sequence     bigint      NOT NULL DEFAULT 0,
        hash         bytea       NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
        lease_owner  uuid,
        lease_until  timestamptz,
        attempts     integer     NOT NULL DEFAULT 0,
        available_at timestamptz NOT NULL DEFAULT '-infinity',
        CONSTRAINT outbox_lanes_hash_is_sha256 CHECK (octet_length(hash) = 32),
        CONSTRAINT outbox_lanes_lease_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
      ) WITH (
        fillfactor = 10,
        autovacuum_vacuum_threshold = 200,
        autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 0
      )`);
    await runner.query(`
      CREATE TABLE user_service.outbox_dead_letters (
        id         uuid        PRIMARY KEY,
        event_id   uuid        NOT NULL,
        lane       smallint    NOT NULL,
        sequence   bigint      NOT NULL,
        prevhash   bytea       NOT NULL,
        hash       bytea       NOT NULL,
        payload    jsonb       NOT NULL,
        code       text        NOT NULL,
        detail     text        NOT NULL,
        attempts   integer     NOT NULL,
        event_at   timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT outbox_dead_letters_event UNIQUE (event_id),
        CONSTRAINT outbox_dead_letters_place UNIQUE (lane, sequence)
      )`);
    await runner.query(`
      CREATE TABLE user_service.outbox_spools (
        file       text        PRIMARY KEY,
        bytes      bigint      NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.outbox_spools');
    await runner.query('DROP TABLE user_service.outbox_dead_letters');
    await runner.query('DROP TABLE user_service.outbox_lanes');
    await runner.query('ALTER TABLE user_service.outbox ALTER COLUMN position DROP DEFAULT');
    await runner.query('ALTER TABLE user_service.outbox DROP COLUMN position, DROP COLUMN prevhash');
    await runner.query('DROP SEQUENCE IF EXISTS user_service.outbox_position');
  }
}
