import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What must leave this service after its transaction committed. Rows are claimed, sent and deleted all day long:
 * pages keep room for the update of the same row, and the table is vacuumed after few dead rows, not after a
 * fifth of it.
 */
export class Outbox1763800000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.outbox (
        id           uuid        PRIMARY KEY,
        topic        text        NOT NULL,
        lane         smallint    NOT NULL,
        payload      jsonb       NOT NULL,
        sequence     bigint,
        hash         bytea,
        created_at   timestamptz NOT NULL DEFAULT now(),
        available_at timestamptz NOT NULL DEFAULT now(),
        attempts     integer     NOT NULL DEFAULT 0,
        lease_owner  uuid,
        lease_until  timestamptz,
        CONSTRAINT outbox_topic_known CHECK (topic IN ('audit', 'mail')),
        CONSTRAINT outbox_lane_sequence UNIQUE (topic, lane, sequence)
      ) WITH (
        fillfactor = 70,
        autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0
      )`);
    await runner.query('CREATE INDEX outbox_due ON user_service.outbox (topic, lane, available_at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.outbox');
  }
}
