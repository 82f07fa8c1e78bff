import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database, EventSink, orOutage } from '#platform/persistence';
import { WITH_EVENTS } from '#platform/outbox';

import { RefreshTokens, SessionSettings, type RefreshToken, type Successor } from '../../application/ports.js';
import type { EndReason, Refreshed } from '../../domain/events.js';
import type { PresentedToken } from '../../domain/refresh-verdict.js';

const DAY_MS = 86_400_000;

interface Row {
  readonly session_id: string;
  readonly user_id: string;
  readonly generation: number;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly back_for_ms: number | null;
  readonly successor: Buffer | null;
  readonly successor_used: boolean;
  readonly epoch: number;
  readonly amr: string[];
  readonly acr: string;
  readonly auth_time: Date;
  readonly remember_me: boolean;
  readonly last_seen_at: Date;
  readonly session_expires_at: Date;
  readonly revoke_reason: EndReason | null;
  readonly account_current: boolean;
  readonly account_version: number;
}

const INSPECT = `
  SELECT t.session_id, s.user_id, t.generation, t.expires_at, t.used_at, t.successor,
         CASE WHEN t.used_at < pg_postmaster_start_time()
              THEN (extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000)::float8 END AS back_for_ms,
         t.used_at IS NOT NULL AND EXISTS (
           SELECT FROM user_service.refresh_tokens n
            WHERE n.session_id = t.session_id AND n.generation = t.generation + 1 AND n.expires_at = t.expires_at
              AND n.used_at IS NOT NULL) AS successor_used,
         s.epoch, s.amr, s.acr, s.auth_time, s.remember_me, s.last_seen_at,
         s.expires_at AS session_expires_at, s.revoke_reason,
         a.active AND a.security_epoch = s.epoch AS account_current, a.version AS account_version
    FROM user_service.refresh_tokens t
    JOIN user_service.sessions s ON s.id = t.session_id
    JOIN user_service.account_states a ON a.id = s.user_id
   WHERE t.token_hash = $1`;

// The partitions in which a token can be that has not expired: a handful, where a hash alone would ask all of them.
const INSPECT_LIVE = `${INSPECT} AND t.expires_at > $2 AND t.expires_at <= $3`;

// One statement, so one of any number of parallel calls makes the successor. Whoever ends the session meanwhile holds
// its row: \`seen\` waits for it and finds nothing to do, and then there is neither successor nor event.
const ROTATE = `
  WITH claimed AS (
    UPDATE user_service.refresh_tokens t SET used_at = $3, successor = $4
      FROM user_service.sessions s JOIN user_service.account_states a ON a.id = s.user_id
     WHERE t.token_hash = $1 AND t.expires_at = $2 AND t.used_at IS NULL
       AND s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > $3 AND a.active AND a.security_epoch = s.epoch
    RETURNING t.session_id, t.generation, t.expires_at
  ), seen AS (
    UPDATE user_service.sessions s SET last_seen_at = greatest(s.last_seen_at, $3)
      FROM claimed WHERE s.id = claimed.session_id AND s.revoked_at IS NULL RETURNING s.id
  ), changed AS (
    INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
    SELECT $5, session_id, generation + 1, $3, expires_at FROM claimed JOIN seen ON seen.id = claimed.session_id
    RETURNING generation
  ), ${WITH_EVENTS('changed', 6)} SELECT generation FROM changed`;

@Injectable()
export class PostgresRefreshTokens extends RefreshTokens {
  constructor(
    private readonly database: Database,
    private readonly events: EventSink,
    private readonly settings: SessionSettings,
  ) {
    super();
  }

  async add({ token, sessionId, generation, issuedAt, expiresAt }: RefreshToken): Promise<void> {
    await this.database.query(
      `INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [hashOf(token), sessionId, generation, issuedAt, expiresAt],
    );
  }

  async inspect(token: string, now: Date): Promise<PresentedToken | null> {
    const hash = hashOf(token);
    // A day more than any token has: clocks of instances may differ.
    const latest = new Date(now.getTime() + (this.settings.refreshTokenDays + 1) * DAY_MS);
    const [live] = await this.database.query<Row>(INSPECT_LIVE, [hash, now, latest]);
    if (live !== undefined) return presented(live);
    const [row] = await this.database.query<Row>(INSPECT, [hash]);
    return row === undefined ? null : presented(row);
  }

  async rotate(token: string, { expiresAt }: PresentedToken, successor: Successor, event: Refreshed): Promise<boolean> {
    const rotated = this.database.change(ROTATE, [
      hashOf(token),
      expiresAt,
      event.occurredAt,
      Buffer.from(successor.nonce, 'base64url'),
      hashOf(successor.token),
      ...this.events.columnsOf([event]),
    ]);
    const rows = await orOutage(rotated);
    return rows.length > 0;
  }
}

function presented(row: Row): PresentedToken {
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    generation: row.generation,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    backForMs: row.back_for_ms,
    nonce: row.successor?.toString('base64url') ?? null,
    successorUsed: row.successor_used,
    session: {
      epoch: row.epoch,
      amr: row.amr,
      acr: row.acr,
      authTime: row.auth_time,
      rememberMe: row.remember_me,
      lastSeenAt: row.last_seen_at,
      expiresAt: row.session_expires_at,
      revokeReason: row.revoke_reason,
    },
    account: { current: row.account_current, version: row.account_version },
  };
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
