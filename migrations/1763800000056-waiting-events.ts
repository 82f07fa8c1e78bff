import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An audit event that waits is what it was when its change committed: what is updated is how it is delivered, and nothing
 * else. Its hash is made when it is sealed, so that before nobody would see an alteration. The trigger looks only at
 * statements that name one of these columns; delivery names none of them.
 */
export class WaitingEvents1763800000056 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE FUNCTION user_service.refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'permission denied: an audit event is never changed'
          USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER events_stay BEFORE UPDATE OF id, topic, payload, created_at ON user_service.outbox
      FOR EACH ROW WHEN (OLD.topic = 'audit') EXECUTE FUNCTION user_service.refuse_event_change()`);
    await runner.query(`
      CREATE TRIGGER events_stay BEFORE UPDATE ON user_service.outbox_dead_letters
      FOR EACH STATEMENT EXECUTE FUNCTION user_service.refuse_event_change()`);
    for (const table of ['outbox', 'outbox_dead_letters']) {
      await runner.query(`ALTER TABLE user_service.${table} ENABLE ALWAYS TRIGGER events_stay`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TRIGGER events_stay ON user_service.outbox_dead_letters');
    await runner.query('DROP TRIGGER events_stay ON user_service.outbox');
    await runner.query('DROP FUNCTION user_service.refuse_event_change()');
  }
}
