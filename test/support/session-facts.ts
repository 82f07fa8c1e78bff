import { Clock } from '#kernel';

import type { TestApp } from './test-app.js';

/** Types of the audit events of one session, oldest first, without those about what came after its end. */
export async function auditTypes({ sql }: TestApp, sessionId: string): Promise<string[]> {
  const rows = await sql.query<{ type: string }>(
    `SELECT payload ->> 'type' AS type FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' <> 'access.token_rejected' AND payload::text LIKE '%' || $1 || '%' ORDER BY id`,
    [sessionId],
  );
  return rows.map(({ type }) => type);
}

/** Why a session has ended; `null` while it has not. */
export async function endReason({ sql }: TestApp, sessionId: string): Promise<string | null | undefined> {
  const [row] = await sql.query<{ revoke_reason: string | null }>(
    'SELECT revoke_reason FROM user_service.sessions WHERE id = $1',
    [sessionId],
  );
  return row?.revoke_reason;
}

/** How many refresh tokens of a session could still be exchanged. */
export async function unspentTokens({ sql }: TestApp, sessionId: string): Promise<number> {
  const rows = await sql.query(
    'SELECT 1 FROM user_service.refresh_tokens WHERE session_id = $1 AND used_at IS NULL AND expires_at > now()',
    [sessionId],
  );
  return rows.length;
}

export async function lastSeenAt({ sql }: TestApp, sessionId: string): Promise<number> {
  const [row] = await sql.query<{ last_seen_at: Date }>(
    'SELECT last_seen_at FROM user_service.sessions WHERE id = $1',
    [sessionId],
  );
  return row?.last_seen_at.getTime() ?? 0;
}

/** The clock of a service, to be set ahead of the real one; timers and PostgreSQL do not notice. */
export class MovedClock {
  #aheadMs = 0;

  constructor(...apps: readonly TestApp[]) {
    for (const { app } of apps) app.get(Clock, { strict: false }).now = () => new Date(Date.now() + this.#aheadMs);
  }

  get now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** @param seconds from the real time on */
  setAhead(seconds: number): void {
    this.#aheadMs = seconds * 1_000;
  }
}
