import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { MfaAttempts, type AttemptPurpose, type AttemptReservation } from '../../application/ports.js';

/** api.md: five wrong codes per user in 15 minutes. */
const MOST = 5;
const WINDOW_S = 900;
// As of every kind of mail.
const NOTICES_AN_HOUR = 3;

const WINDOW_START = `$3::timestamptz - interval '${String(WINDOW_S)} seconds'`;

// The row is locked by whoever comes first, so parallel guesses are counted one after the other.
const RESERVE = `
  INSERT INTO user_service.mfa_attempts AS a (user_id, purpose, failures) VALUES ($1, $2, ARRAY[$3::timestamptz])
  ON CONFLICT (user_id, purpose) DO UPDATE
    SET failures = ARRAY(SELECT f FROM unnest(a.failures) f WHERE f > ${WINDOW_START} ORDER BY f) || $3::timestamptz
    WHERE (SELECT count(*) FROM unnest(a.failures) f WHERE f > ${WINDOW_START}) < ${String(MOST)}
  RETURNING cardinality(failures) AS count`;

const OLDEST = `
  SELECT min(f) AS oldest FROM user_service.mfa_attempts a, unnest(a.failures) f
   WHERE a.user_id = $1 AND a.purpose = $2 AND f > ${WINDOW_START}`;

// One of them, where two guesses came in the same millisecond.
const RELEASE = `
  UPDATE user_service.mfa_attempts
     SET failures = failures[:array_position(failures, $3::timestamptz) - 1]
                 || failures[array_position(failures, $3::timestamptz) + 1:]
   WHERE user_id = $1 AND purpose = $2 AND array_position(failures, $3::timestamptz) IS NOT NULL`;

const CLAIM_NOTICE = `
  INSERT INTO user_service.mfa_attempts AS a (user_id, purpose, notices) VALUES ($1, 'proof', ARRAY[$2::timestamptz])
  ON CONFLICT (user_id, purpose) DO UPDATE
    SET notices = ARRAY(SELECT n FROM unnest(a.notices) n WHERE n > $2::timestamptz - interval '1 hour') || $2::timestamptz
    WHERE (SELECT count(*) FROM unnest(a.notices) n WHERE n > $2::timestamptz - interval '1 hour') < ${String(NOTICES_AN_HOUR)}
  RETURNING 1`;

@Injectable()
export class PostgresMfaAttempts extends MfaAttempts {
  constructor(private readonly database: Database) {
    super();
  }

  async reserve(userId: string, purpose: AttemptPurpose, now: Date): Promise<AttemptReservation> {
    const [row] = await this.database.change<{ count: number }>(RESERVE, [userId, purpose, now]);
    if (row !== undefined) return { granted: true, at: now, isLast: row.count === MOST };
    const [found] = await this.database.query<{ oldest: Date | null }>(OLDEST, [userId, purpose, now]);
    const freeAt = (found?.oldest ?? now).getTime() + WINDOW_S * 1_000;
    return { granted: false, retryAfterSeconds: Math.max(1, Math.ceil((freeAt - now.getTime()) / 1_000)) };
  }

  async release(userId: string, purpose: AttemptPurpose, at: Date): Promise<void> {
    await this.database.query(RELEASE, [userId, purpose, at]);
  }

  async claimNotice(userId: string, now: Date): Promise<boolean> {
    return (await this.database.query(CLAIM_NOTICE, [userId, now])).length > 0;
  }
}
