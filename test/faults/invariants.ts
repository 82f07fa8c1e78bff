import type { Sql } from '../support/sql.js';

const LIVE_TOKENS = `
  SELECT t.session_id FROM user_service.refresh_tokens t
    JOIN user_service.sessions s ON s.id = t.session_id
   WHERE t.used_at IS NULL AND t.expires_at > now() AND s.revoked_at IS NULL
   GROUP BY t.session_id HAVING count(*) <> 1`;

const CROWDED = `
  SELECT user_id FROM user_service.sessions WHERE revoked_at IS NULL AND expires_at > now()
   GROUP BY user_id HAVING count(*) > 5`;

// One event for each session that began and each that ended, and for each exchange of a token.
const UNTOLD = `
  WITH told AS (
    SELECT payload ->> 'type' AS type, payload::text AS text FROM user_service.outbox WHERE topic = 'audit'
  ), counted AS (
    SELECT (SELECT count(*) FROM user_service.refresh_tokens WHERE generation > 1) AS exchanges,
           (SELECT count(*) FROM told WHERE type = 'session.refreshed'
               AND text NOT LIKE '%"repeated": true%') AS exchanges_told
  )
  SELECT exchanges::int, exchanges_told::int FROM counted WHERE exchanges <> exchanges_told`;

/** What is wrong with the sessions in the database: nothing, whatever happened before. */
export async function brokenInvariants(sql: Sql): Promise<Record<string, unknown[]>> {
  return {
    'I2 exchanges without their event': await sql.query(UNTOLD),
    'I6 sessions without exactly one live refresh token': await sql.query(LIVE_TOKENS),
    'I7 people with more than five sessions': await sql.query(CROWDED),
  };
}

export const NOTHING_BROKEN = {
  'I2 exchanges without their event': [],
  'I6 sessions without exactly one live refresh token': [],
  'I7 people with more than five sessions': [],
};
