import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database } from '#platform/persistence';

import { FactorResets } from '../../application/factor-resets.js';
import { FactorReset, type FactorResetState } from '../../domain/factor-reset.js';

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly due_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: FactorResetState['outcome'];
}

const OPEN = `
  SELECT id, user_id, requested_by, requested_at, approved_by, approved_at, due_at, ended_at, outcome
    FROM user_service.mfa_resets WHERE user_id = $1 AND ended_at IS NULL`;

@Injectable()
export class PostgresFactorResets extends FactorResets {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async findOpenForUpdate(userId: string): Promise<FactorReset | null> {
    const [row] = await this.database.query<Row>(`${OPEN} FOR UPDATE`, [userId]);
    return row === undefined ? null : FactorReset.restore(stateOf(row));
  }

  async add(reset: FactorReset): Promise<void> {
    const { id, userId, requestedBy, requestedAt } = reset.state;
    await this.database.query(
      'INSERT INTO user_service.mfa_resets (id, user_id, requested_by, requested_at) VALUES ($1, $2, $3, $4)',
      [id, userId, requestedBy, requestedAt],
    );
    this.uow.record(...reset.pullEvents());
  }

  async save(reset: FactorReset): Promise<void> {
    const { id, approvedBy, approvedAt, dueAt, endedAt, outcome } = reset.state;
    await this.database.query(
      `UPDATE user_service.mfa_resets SET approved_by = $2, approved_at = $3, due_at = $4, ended_at = $5, outcome = $6
        WHERE id = $1`,
      [id, approvedBy, approvedAt, dueAt, endedAt, outcome],
    );
    this.uow.record(...reset.pullEvents());
  }

  async openOf(userId: string): Promise<FactorResetState | null> {
    const [row] = await this.database.query<Row>(OPEN, [userId]);
    return row === undefined ? null : stateOf(row);
  }

  async due(now: Date, limit: number, skip: number): Promise<string[]> {
    const rows = await this.database.query<{ user_id: string }>(
      `SELECT user_id FROM user_service.mfa_resets
        WHERE ended_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $2 OFFSET $3`,
      [now, limit, skip],
    );
    return rows.map(({ user_id: userId }) => userId);
  }
}

function stateOf(row: Row): FactorResetState {
  return {
    id: row.id,
    userId: row.user_id,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    dueAt: row.due_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
  };
}
