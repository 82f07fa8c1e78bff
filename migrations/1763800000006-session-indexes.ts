import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What limits, lists and revocation look for. Each step can be done again: a run that was cut off begins anew. */
export class SessionIndexes1763800000006 implements MigrationInterface {
  // CREATE INDEX CONCURRENTLY cannot run in a transaction.
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    // Lists, and deleting a user, ask for ended ones too.
    await this.create(runner, 'sessions_of_user', '(user_id, created_at)');
    await this.create(runner, 'sessions_live_of_user', '(user_id) WHERE revoked_at IS NULL');
    // It held last_seen_at, so each activity wrote an index entry; without it such an update stays in its page (HOT).
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.sessions_live');
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '2s'`);
    await this.create(runner, 'sessions_live', '(user_id, last_seen_at) WHERE revoked_at IS NULL');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.sessions_live_of_user');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS user_service.sessions_of_user');
    await runner.query('RESET lock_timeout');
  }

  private async create(runner: QueryRunner, name: string, definition: string): Promise<void> {
    // What a run that was cut off left behind is not valid.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS user_service.${name}`);
    await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON user_service.sessions ${definition}`);
  }
}
