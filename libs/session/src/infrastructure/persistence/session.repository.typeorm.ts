import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { DataKeys, type DataKey } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { SessionLiveness, SessionRepository } from '../../application/ports.js';
import type { EndReason } from '../../domain/events.js';
import type { AuthenticationMethod } from '../../domain/assurance.js';
import { Session, type SessionState } from '../../domain/session.js';
import { devicePlace, ipPlace, SessionRow } from './session.row.js';

// Without what is sealed: a session ends also when that, or the key to it, is damaged or gone.
const LIFE = {
  id: true,
  userId: true,
  epoch: true,
  userAgent: true,
  amr: true,
  acr: true,
  authTime: true,
  rememberMe: true,
  createdAt: true,
  lastSeenAt: true,
  expiresAt: true,
  revokedAt: true,
  revokeReason: true,
} as const;

type LifeRow = Pick<SessionRow, keyof typeof LIFE>;

// As SQL, because every sign-in sends these two: to make them out of entities took as much time as the rest of both.
const INSERT = `
  INSERT INTO user_service.sessions (id, user_id, epoch, device, ip_enc, user_agent, amr, acr, auth_time, remember_me,
                                     created_at, last_seen_at, expires_at, revoked_at, revoke_reason)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`;
// In one order, so that two who lock several never wait for each other.
const FIND_LIVE = `
  SELECT id, user_id AS "userId", epoch, user_agent AS "userAgent", amr, acr, auth_time AS "authTime",
         remember_me AS "rememberMe", created_at AS "createdAt", last_seen_at AS "lastSeenAt",
         expires_at AS "expiresAt", revoked_at AS "revokedAt", revoke_reason AS "revokeReason"
    FROM user_service.sessions
   WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id FOR NO KEY UPDATE`;

@Injectable()
export class TypeOrmSessionRepository extends SessionRepository {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly liveness: SessionLiveness,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async add(session: Session): Promise<void> {
    const key = await this.dataKeys.forUser(session.state.userId);
    await this.database.query(INSERT, valuesOf(session, key));
    this.uow.record(...session.pullEvents());
  }

  async findForUpdate(id: string): Promise<Session | null> {
    const row = await this.database.entities.findOne(SessionRow, {
      select: LIFE,
      where: { id },
      lock: { mode: 'for_no_key_update' },
    });
    return row && Session.restore(stateOf(row));
  }

  async countEvicted(userId: string, since: Date, most: number): Promise<number> {
    const rows = await this.database.query(
      `SELECT 1 FROM user_service.sessions
        WHERE user_id = $1 AND revoke_reason = 'evicted' AND revoked_at > $2 ORDER BY created_at DESC LIMIT $3`,
      [userId, since, most],
    );
    return rows.length;
  }

  async findLiveForUpdate(userId: string, now: Date): Promise<Session[]> {
    const rows = await this.database.query<LifeRow>(FIND_LIVE, [userId, now]);
    return rows.map((row) => Session.restore(stateOf(row)));
  }

  // What a session was opened with never changes, so only its life is written.
  async save(session: Session): Promise<void> {
    const { id, epoch, authTime, amr, acr, lastSeenAt, revokedAt, revokeReason } = session.state;
    const life = { epoch, authTime, amr: [...amr], acr, lastSeenAt, revokedAt, revokeReason };
    await this.database.entities.update(SessionRow, { id }, life);
    this.uow.record(...session.pullEvents());
    this.uow.afterCommit(() => {
      if (revokedAt === null) this.liveness.changed(id);
      else this.liveness.ended(id, revokeReason === 'idle' ? 'ended_idle' : 'ended');
    });
  }
}

function valuesOf({ state, origin }: Session, key: DataKey): unknown[] {
  const { deviceName = null, ip = null } = origin ?? {};
  return [
    ...[state.id, state.userId, state.epoch],
    deviceName === null ? null : key.seal(deviceName, devicePlace(state.id)),
    ip === null ? null : key.seal(ip, ipPlace(state.id)),
    ...[state.userAgent, state.amr, state.acr, state.authTime, state.rememberMe],
    ...[state.createdAt, state.lastSeenAt, state.expiresAt, state.revokedAt, state.revokeReason],
  ];
}

function stateOf({ amr, revokeReason, ...columns }: LifeRow): SessionState {
  return { ...columns, amr: amr as AuthenticationMethod[], revokeReason: revokeReason as EndReason | null };
}
