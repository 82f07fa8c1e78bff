import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One index for each question that is asked of the outbox, and none that every event has to write without being asked.
 * Each step can be done again: a run that was cut off begins anew.
 */
export class OutboxIndexes1763800000011 implements MigrationInterface {
  // CREATE INDEX CONCURRENTLY cannot run in a transaction.
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    await this.create(
      runner,
      'INDEX',
      'outbox_unsealed',
      `(lane, position NULLS FIRST, id) WHERE topic = 'audit' AND sequence IS NULL`,
    );
    await this.create(
      runner,
      'UNIQUE INDEX',
      'outbox_sealed',
      `(lane, sequence) WHERE topic = 'audit' AND sequence IS NOT NULL`,
    );
    await this.create(runner, 'INDEX', 'outbox_mail_due', `(topic, lane, available_at, id) WHERE topic = 'mail'`);
    await runner.query('ALTER TABLE user_service.outbox DROP CONSTRAINT IF EXISTS outbox_lane_sequence');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.outbox_due');
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    await this.create(runner, 'INDEX', 'outbox_due', '(topic, lane, available_at, id)');
    await runner.query('ALTER TABLE user_service.outbox DROP CONSTRAINT IF EXISTS outbox_lane_sequence');
    await this.create(runner, 'UNIQUE INDEX', 'outbox_lane_sequence', '(topic, lane, sequence)');
    await runner.query(
      'ALTER TABLE user_service.outbox ADD CONSTRAINT outbox_lane_sequence UNIQUE USING INDEX outbox_lane_sequence',
    );
    for (const name of ['outbox_mail_due', 'outbox_sealed', 'outbox_unsealed']) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS user_service.${name}`);
    }
    await runner.query('RESET lock_timeout');
  }

  private async create(runner: QueryRunner, kind: string, name: string, definition: string): Promise<void> {
    // What a run that was cut off left behind is not valid.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS user_service.${name}`);
    await runner.query(`CREATE ${kind} CONCURRENTLY ${name} ON user_service.outbox ${definition}`);
  }
}
