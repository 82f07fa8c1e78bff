/**
 * What the ideal server sends on each path, in this order. `test/integration/ideal-statements.spec.ts` compares it with
 * what the service sends, so that the limit stays one.
 */

const CREDENTIALS = `
  SELECT u.id, u.email_enc, u.profile_enc, u.email_verified_at, u.password_hash, u.status, u.roles, u.locale,
         u.mfa_enabled, u.security_epoch, u.version, u.created_at, u.updated_at, k.wrapped_key, k.kek_id
    FROM user_service.users u
    JOIN user_service.user_keys k ON k.user_id = u.id`;
const HOLD = `SELECT 1 FROM user_service.users WHERE id = $1 AND security_epoch = $2 AND status = 'active' FOR SHARE`;
const LIVE = 'SELECT 1 FROM user_service.sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2';
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
  INSERT INTO user_service.one_time_tokens (hash, purpose, user_id, security_epoch, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;
// Not due within the run, so that the service does not take up what it cannot read.
const ADD_TO_OUTBOX = `
  INSERT INTO user_service.outbox (id, topic, lane, payload, available_at) VALUES ($1, $2, 0, $3, 'infinity')`;

export const LOGIN = {
  credentials: `${CREDENTIALS} WHERE u.email_index = $1`,
  begin: 'BEGIN',
  hold: HOLD,
  addSession: ADD_SESSION,
  addRefreshToken: ADD_REFRESH_TOKEN,
  addEvent: ADD_TO_OUTBOX,
  commit: 'COMMIT',
};
export const ME = { live: LIVE, profile: `${CREDENTIALS} WHERE u.id = $1` };
export const REGISTER = {
  begin: 'BEGIN',
  addUser: ADD_USER,
  addOneTimeToken: ADD_ONE_TIME_TOKEN,
  addMail: ADD_TO_OUTBOX,
  addEvent: ADD_TO_OUTBOX,
  commit: 'COMMIT',
};
