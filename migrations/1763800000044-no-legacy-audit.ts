import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Goes no further while this database still holds audit events of the service before: they would be forgotten there,
 * and belong to the Audit Service. Changes nothing.
 */
export class NoLegacyAudit1763800000044 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
    await runner.query(`
      DO $$
      DECLARE
        left_over boolean := false;
      BEGIN
        IF to_regclass('public.audit_events') IS NOT NULL THEN
          EXECUTE 'SELECT EXISTS (SELECT FROM public.audit_events)' INTO left_over;
        END IF;
        IF left_over THEN
          RAISE EXCEPTION 'public.audit_events still holds rows. Run "npm run cli -- drain-legacy-audit", then this again.';
        END IF;
      END $$`);
  }

  /** There is nothing to take back. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`SET LOCAL lock_timeout = '2s'`);
  }
}
