import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

import { MfaAttempts, type AttemptCounter, type AttemptReservation } from '../../application/ports.js';

/** api.md: five wrong codes per user in 15 minutes. */
const MOST = 5;
const WINDOW_S = 900;
// As of every kind of mail.
const NOTICES_AN_HOUR = 3;

const WINDOW = `interval '${String(WINDOW_S)} seconds'`;
const WINDOW_START = `$3::timestamptz - ${WINDOW}`;

interface Statements {
  readonly reserve: string;
  readonly oldest: string;
  readonly release: string;
}

const PER_USER = statements('mfa_attempts', 'purpose');
const PER_SESSION = statements('mfa_session_attempts', 'session_id', {
  column: ', expires_at',
  value: `, $3::timestamptz + ${WINDOW}`,
  update: ', expires_at = excluded.expires_at',
});

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

  async reserve(counter: AttemptCounter, now: Date): Promise<AttemptReservation> {
    const { sql, key } = placeOf(counter);
    const [row] = await this.database.change<{ count: number }>(sql.reserve, [...key, now]);
    if (row !== undefined) return { granted: true, at: now, isLast: row.count === MOST };
    const [found] = await this.database.query<{ oldest: Date | null }>(sql.oldest, [...key, now]);
    const freeAt = (found?.oldest ?? now).getTime() + WINDOW_S * 1_000;
    return { granted: false, retryAfterSeconds: Math.max(1, Math.ceil((freeAt - now.getTime()) / 1_000)) };
  }

  async release(counter: AttemptCounter, at: Date): Promise<void> {
    const { sql, key } = placeOf(counter);
    await this.database.query(sql.release, [...key, at]);
  }

  async claimNotice(userId: string, now: Date): Promise<boolean> {
    return (await this.database.query(CLAIM_NOTICE, [userId, now])).length > 0;
  }
}

/** Forgets what was counted in sessions that nobody shows passkeys in any more. */
@Injectable()
export class ExpiredSessionAttempts extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'mfa_session_attempts');
  }
}

function placeOf(counter: AttemptCounter): { readonly sql: Statements; readonly key: readonly string[] } {
  const { userId, purpose } = counter;
  return purpose === 'session_passkey'
    ? { sql: PER_SESSION, key: [userId, counter.sessionId] }
    : { sql: PER_USER, key: [userId, purpose] };
}

/** For counters with a row for each user and `key`; all of them are constants of the program, never input. */
function statements(table: string, key: string, more = { column: '', value: '', update: '' }): Statements {
  return {
    // The row is locked by whoever comes first, so parallel guesses are counted one after the other.
    reserve: `
      INSERT INTO user_service.${table} AS a (user_id, ${key}, failures${more.column})
      VALUES ($1, $2, ARRAY[$3::timestamptz]${more.value})
      ON CONFLICT (user_id, ${key}) DO UPDATE
        SET failures = ARRAY(SELECT f FROM unnest(a.failures) f WHERE f > ${WINDOW_START} ORDER BY f) || $3::timestamptz
            ${more.update}
        WHERE (SELECT count(*) FROM unnest(a.failures) f WHERE f > ${WINDOW_START}) < ${String(MOST)}
      RETURNING cardinality(failures) AS count`,
    oldest: `
      SELECT min(f) AS oldest FROM user_service.${table} a, unnest(a.failures) f
       WHERE a.user_id = $1 AND a.${key} = $2 AND f > ${WINDOW_START}`,
    // One of them, where two guesses came in the same millisecond.
    release: `
      UPDATE user_service.${table}
         SET failures = failures[:array_position(failures, $3::timestamptz) - 1]
                     || failures[array_position(failures, $3::timestamptz) + 1:]
       WHERE user_id = $1 AND ${key} = $2 AND array_position(failures, $3::timestamptz) IS NOT NULL`,
  };
}
