/**
 * What the ideal server sends on each path, in this order. `test/integration/ideal-statements.spec.ts` compares it with
 * what the service sends, so that the limit stays one.
 */

const ATTEMPTS = 'user_service.sign_in_attempts';
const ANEW = 'coalesce(a.attempts = 0 OR a.expires_at <= $2 OR a.counted_at < (SELECT changed FROM lane), false)';
const counted = (key: string, admits: string, limit: string, until: string): string => `
    INSERT INTO ${ATTEMPTS} AS a (key, attempts, failures, counted_at, expires_at)
    SELECT ${key}, 1, 0, $2::timestamptz, ${until}::timestamptz FROM lane WHERE ${admits}
    ON CONFLICT (key) DO UPDATE SET attempts = CASE WHEN ${ANEW} THEN 1 ELSE a.attempts + 1 END,
      failures = CASE WHEN ${ANEW} THEN 0 ELSE a.failures END, counted_at = excluded.counted_at,
      expires_at = CASE WHEN ${ANEW} THEN excluded.expires_at ELSE a.expires_at END
    WHERE ${ANEW} OR a.attempts < ${limit} RETURNING attempts`;
const RESERVE = `
  WITH account AS MATERIALIZED (
    SELECT u.id, u.email_enc, u.profile_enc, u.email_verified_at, u.status, u.roles, u.locale, u.mfa_enabled,
           u.security_epoch, u.version, u.created_at, u.updated_at, k.wrapped_key, k.kek_id, u.password_hash,
           u.password_changed_at, EXISTS (SELECT FROM user_service.devices d
             WHERE d.token_hash = $11 AND d.user_id = u.id AND d.expires_at > $2) AS known_device
      FROM user_service.users u JOIN user_service.user_keys k ON k.user_id = u.id WHERE u.email_index = $1
  ), lane AS MATERIALIZED (
    SELECT known, greatest(changed, (SELECT m.counted_at FROM ${ATTEMPTS} m WHERE m.key = $14)) AS changed,
           CASE WHEN known THEN $9::bytea ELSE $3::bytea END AS guess,
           CASE WHEN known THEN $10::bytea ELSE $4::bytea END AS total
      FROM (SELECT bool_or(known_device) OR (SELECT m.expires_at FROM ${ATTEMPTS} m WHERE m.key = $15) IS NOT NULL AS known,
                   max(password_changed_at) AS changed FROM account) k
  ), guess AS (${counted(
    'guess',
    `known OR (SELECT s.expires_at FROM ${ATTEMPTS} s WHERE s.key = $12 AND s.expires_at > $13) IS NULL
     AND NOT EXISTS (SELECT FROM ${ATTEMPTS} t WHERE t.key = lane.total AND t.attempts >= $7::integer)`,
    '$5::integer',
    '$6',
  )}), total AS (${counted('total', 'EXISTS (SELECT FROM guess)', '$7::integer', '$8')})
  SELECT account.*, (SELECT attempts FROM guess) AS guesses, (SELECT attempts FROM total) AS in_a_row,
         g.failures AS guess_failures, (SELECT s.expires_at FROM ${ATTEMPTS} s WHERE s.key = $12) AS source_until,
         a.attempts AS total_attempts
    FROM lane LEFT JOIN account ON true
    LEFT JOIN ${ATTEMPTS} g ON g.key = lane.guess LEFT JOIN ${ATTEMPTS} a ON a.key = lane.total`;
const CLEAR = `
  WITH guess AS (UPDATE ${ATTEMPTS} SET attempts = 0, failures = 0 WHERE key = $1 RETURNING 1)
  UPDATE ${ATTEMPTS} SET attempts = 0, failures = 0 WHERE key = $2 AND (SELECT count(*) FROM guess) >= 0`;
const NOTE_DEVICE = `
  WITH seen AS (
    UPDATE user_service.devices SET last_seen_at = $3, expires_at = $4
     WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3 RETURNING 1
  ), others AS (
    SELECT count(*) AS known, count(*) FILTER (WHERE told AND client_hash = $6) AS alike,
           count(*) FILTER (WHERE told AND first_seen_at > $3::timestamptz - interval '1 hour') AS lately
      FROM user_service.devices WHERE user_id = $2 AND expires_at > $3
  ), added AS (
    INSERT INTO user_service.devices (token_hash, user_id, client_hash, told, first_seen_at, last_seen_at, expires_at)
    SELECT $5, $2, $6, known > 0 AND alike = 0 AND lately < 3, $3, $3, $4 FROM others WHERE NOT EXISTS (SELECT FROM seen)
    RETURNING told
  ), forgotten AS (
    DELETE FROM user_service.devices WHERE token_hash IN (
      SELECT token_hash FROM user_service.devices WHERE user_id = $2 AND EXISTS (SELECT FROM added)
       ORDER BY last_seen_at > first_seen_at DESC, last_seen_at DESC OFFSET 19)
  )
  SELECT EXISTS (SELECT FROM seen) AS known, coalesce((SELECT told FROM added), false) AS told`;
const HOLD = `SELECT 1 FROM user_service.users WHERE id = $1 AND security_epoch = $2 AND status = 'active' FOR NO KEY UPDATE`;
const LIVE_SESSIONS = `
  SELECT id, user_id, epoch, device, ip_enc, user_agent, amr, acr, auth_time, remember_me, created_at, last_seen_at,
         expires_at, revoked_at, revoke_reason
    FROM user_service.sessions
   WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id FOR NO KEY UPDATE`;
const ADD_SESSION = `
  INSERT INTO user_service.sessions (id, user_id, epoch, ip_enc, amr, acr, auth_time, created_at, last_seen_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)`;
const ADD_REFRESH_TOKEN = `
  INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
  VALUES ($1, $2, $3, $4, $5)`;
const ADD_USER = `
  WITH added AS (
    INSERT INTO user_service.users (id, email_enc, email_index, password_hash, password_changed_at, status, roles,
                                    profile_enc, locale, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, 'en', $5, $5) ON CONFLICT DO NOTHING RETURNING id
  )
  INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) SELECT id, $8, $9 FROM added RETURNING user_id`;
const ADD_ONE_TIME_TOKEN = `
  INSERT INTO user_service.one_time_tokens (hash, purpose, user_id, security_epoch, created_at, expires_at,
                                            registration_enc, signed_up_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $5)`;
// Not due within the run, so that the service does not take up what it cannot read.
const ADD_TO_OUTBOX = `
  INSERT INTO user_service.outbox (id, topic, lane, payload, available_at) VALUES ($1, $2, 0, $3, 'infinity')`;

const INSPECT = `
  SELECT t.session_id, s.user_id, t.generation, t.expires_at, t.used_at, t.successor,
         CASE WHEN t.used_at < pg_postmaster_start_time()
              THEN (extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000)::float8 END AS back_for_ms,
         t.used_at IS NOT NULL AND EXISTS (
           SELECT FROM user_service.refresh_tokens n
            WHERE n.session_id = t.session_id AND n.generation = t.generation + 1 AND n.expires_at = t.expires_at
              AND n.used_at IS NOT NULL) AS successor_used,
         s.epoch, s.amr, s.acr, s.auth_time, s.remember_me, s.last_seen_at, s.expires_at AS session_expires_at,
         s.revoke_reason, a.active AND a.security_epoch = s.epoch AS account_current, a.version AS account_version
    FROM user_service.refresh_tokens t
    JOIN user_service.sessions s ON s.id = t.session_id
    JOIN user_service.account_states a ON a.id = s.user_id
   WHERE t.token_hash = $1 AND t.expires_at > $2 AND t.expires_at <= $3`;
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
  ), told AS (
    INSERT INTO user_service.outbox (id, topic, lane, payload)
    SELECT * FROM unnest($6::uuid[], $7::text[], $8::smallint[], $9::jsonb[]) WHERE EXISTS (SELECT FROM changed)
  )
  SELECT generation FROM changed`;

export const REFRESH = { inspect: INSPECT, begin: 'BEGIN', rotate: ROTATE, commit: 'COMMIT' };
export const LOGIN = {
  beginReserve: 'BEGIN',
  reserve: RESERVE,
  commitReserve: 'COMMIT',
  beginClear: 'BEGIN',
  clear: CLEAR,
  commitClear: 'COMMIT',
  begin: 'BEGIN',
  hold: HOLD,
  liveSessions: LIVE_SESSIONS,
  addSession: ADD_SESSION,
  noteDevice: NOTE_DEVICE,
  addRefreshToken: ADD_REFRESH_TOKEN,
  addEvent: ADD_TO_OUTBOX,
  commit: 'COMMIT',
};
export const REGISTER = {
  begin: 'BEGIN',
  addUser: ADD_USER,
  addOneTimeToken: ADD_ONE_TIME_TOKEN,
  addMail: ADD_TO_OUTBOX,
  addEvent: ADD_TO_OUTBOX,
  commit: 'COMMIT',
};
