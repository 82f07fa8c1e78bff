import { Injectable } from '@nestjs/common';

import { DataKeys, type DataKey } from '#platform/crypto';
import { Database } from '#platform/persistence';

import type { Page, PageRequest } from '../../application/newest-first.js';
import { SessionQueries, type SessionMoment, type SessionSummary } from '../../application/session-queries.js';
import type { EndReason } from '../../domain/events.js';
import { devicePlace, ipPlace } from './session.row.js';

interface Sealed {
  readonly id: string;
  readonly device: Buffer | null;
  readonly ip_enc: Buffer | null;
}

interface LiveRow extends Sealed {
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly user_agent: string | null;
  readonly amr: string[];
  readonly remember_me: boolean;
}

interface MomentRow extends Sealed {
  readonly at: Date;
  readonly key: string;
  readonly what: SessionMoment['what'];
  readonly user_agent: string | null;
  readonly end_reason: EndReason | null;
}

// Far more than anybody may have.
const MOST_LIVE = 1_000;
// No session lives longer than this (`REFRESH_TOKEN_EXPIRE_DAYS`), so one that began before did not end since.
const LONGEST_LIFE_DAYS = 400;

const LIVE = `
  SELECT s.id, s.device, s.ip_enc, s.created_at, s.last_seen_at, s.expires_at, s.user_agent, s.amr, s.remember_me
    FROM user_service.sessions s JOIN user_service.account_states a ON a.id = s.user_id
   WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.active AND a.security_epoch = s.epoch
   LIMIT ${String(MOST_LIVE)}`;

// A tie is broken by the name of what happened and the session's id, which no other moment has both of. The collation
// is that of the program, which compares code units. Each kind brings no more than fits the page.
const branch = (at: string, what: SessionMoment['what'], columns: string, condition: string): string => `(
  SELECT ${at} AS at, '${what}' AS what, id, device, user_agent, ${columns} FROM user_service.sessions
   WHERE user_id = $1 AND ${condition} AND ${at} >= $2
     AND ($3::timestamptz IS NULL OR ${at} < $3 OR (${at} = $3 AND ('${what}:' || id) COLLATE "C" < $4))
   ORDER BY ${at} DESC, id DESC LIMIT $5)`;
const BEGAN = `created_at >= $2::timestamptz - make_interval(days => ${String(LONGEST_LIFE_DAYS)})`;

const MOMENTS = `
  SELECT at, what || ':' || id AS key, what, id, device, ip_enc, user_agent, end_reason FROM (
    ${branch('created_at', 'opened', 'ip_enc, NULL AS end_reason', 'true')}
    UNION ALL
    ${branch('auth_time', 'reauthenticated', 'NULL, NULL', `auth_time > created_at AND ${BEGAN}`)}
    UNION ALL
    ${branch('revoked_at', 'ended', 'NULL, revoke_reason', `revoked_at IS NOT NULL AND ${BEGAN}`)}
  ) moments
   ORDER BY at DESC, (what || ':' || id) COLLATE "C" DESC
   LIMIT $5`;

const USERS = `
  SELECT DISTINCT user_id FROM user_service.sessions
   WHERE revoked_at IS NULL AND expires_at > $1 AND ($2::uuid IS NULL OR user_id > $2)
   ORDER BY user_id LIMIT $3`;

@Injectable()
export class PostgresSessionQueries extends SessionQueries {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
  ) {
    super();
  }

  async liveOf(userId: string, now: Date): Promise<SessionSummary[]> {
    const rows = await this.database.query<LiveRow>(LIVE, [userId, now]);
    if (rows.length === 0) return [];
    const key = await this.dataKeys.forUser(userId);
    return rows.map((row) => ({
      id: row.id,
      createdAt: row.created_at,
      lastSeenAt: row.last_seen_at,
      expiresAt: row.expires_at,
      userAgent: row.user_agent,
      amr: row.amr,
      rememberMe: row.remember_me,
      ...opened(row, key),
    }));
  }

  async momentsOf(userId: string, since: Date, { limit, after }: PageRequest): Promise<Page<SessionMoment>> {
    const position = [after?.at ?? null, after?.key ?? null];
    const rows = await this.database.query<MomentRow>(MOMENTS, [userId, since, ...position, limit + 1]);
    if (rows.length === 0) return { items: [], next: null };
    const key = await this.dataKeys.forUser(userId);
    const items = rows.slice(0, limit).map((row) => momentOf(row, key));
    const last = items.at(-1);
    return { items, next: rows.length > limit && last !== undefined ? { at: last.at, key: last.key } : null };
  }

  async usersWithSessions(now: Date, after: string | null, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ user_id: string }>(USERS, [now, after, limit]);
    return rows.map(({ user_id }) => user_id);
  }
}

function momentOf(row: MomentRow, key: DataKey): SessionMoment {
  return {
    at: row.at,
    key: row.key,
    what: row.what,
    sessionId: row.id,
    userAgent: row.user_agent,
    endReason: row.end_reason,
    ...opened(row, key),
  };
}

function opened({ id, device, ip_enc: ip }: Sealed, key: DataKey): Pick<SessionSummary, 'deviceName' | 'ip'> {
  return {
    deviceName: device && key.open(device, devicePlace(id)).toString('utf8'),
    ip: ip && key.open(ip, ipPlace(id)).toString('utf8'),
  };
}
