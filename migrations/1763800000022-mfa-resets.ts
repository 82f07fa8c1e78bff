import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Somebody who lost every factor asks administrators for help. Two different ones have to agree, the owner is told and
 * can stop it, and it happens not before `due_at`.
 */
export class MfaResets1763800000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      CREATE TABLE user_service.mfa_resets (
        id           uuid        PRIMARY KEY,
        user_id      uuid        NOT NULL,
        requested_by uuid        NOT NULL,
        requested_at timestamptz NOT NULL,
        approved_by  uuid,
        approved_at  timestamptz,
        due_at       timestamptz,
        ended_at     timestamptz,
        outcome      text,
        CONSTRAINT mfa_resets_two_admins CHECK (approved_by <> requested_by),
        CONSTRAINT mfa_resets_not_their_own CHECK (requested_by <> user_id AND approved_by <> user_id),
        CONSTRAINT mfa_resets_approval_whole CHECK (num_nonnulls(approved_by, approved_at, due_at) IN (0, 3)),
        CONSTRAINT mfa_resets_end_whole CHECK ((ended_at IS NULL) = (outcome IS NULL)),
        CONSTRAINT mfa_resets_outcome_known CHECK (outcome IN ('done', 'stopped', 'lapsed')),
        CONSTRAINT mfa_resets_done_by_two CHECK (outcome <> 'done' OR approved_at IS NOT NULL),
        CONSTRAINT mfa_resets_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_service.users (id) ON DELETE CASCADE
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX mfa_resets_one_open ON user_service.mfa_resets (user_id) WHERE ended_at IS NULL',
    );
    await runner.query('CREATE INDEX mfa_resets_due ON user_service.mfa_resets (due_at) WHERE ended_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query('DROP TABLE user_service.mfa_resets');
  }
}
