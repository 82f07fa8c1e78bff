import { PROFILE_COLUMNS, PROFILE_FROM } from './profile-row.js';

const TABLE = 'user_service.sign_in_attempts';

// A count begins anew when its time is over, when a success has cleared it, and when the password was changed since:
// whoever has reset theirs must not be kept out by what they had tried before. A time of change that is yet to come, by
// another clock or from elsewhere, voids nothing: every attempt would be the first.
const ANEW = 'coalesce(a.attempts = 0 OR a.expires_at <= $2 OR a.counted_at < (SELECT changed FROM lane), false)';

// Few failures in a row are forgotten after a day without one, so that addresses that nobody has are no way to fill the
// table; those that have come half way to the lock are remembered for a month, whoever has the address.
const LONGER = `interval '29 days'`;

/** One more in a counter, if it is not full: the row's lock makes that exact, however many ask at once. */
const reserved = (key: string, from: string, limit: string, until: string, untilNow: string): string => `
    INSERT INTO ${TABLE} AS a (key, attempts, failures, counted_at, expires_at)
    SELECT ${key}, 1, 0, $2::timestamptz, ${until}::timestamptz FROM lane WHERE ${from}
    ON CONFLICT (key) DO UPDATE SET
      attempts = CASE WHEN ${ANEW} THEN 1 ELSE a.attempts + 1 END,
      failures = CASE WHEN ${ANEW} THEN 0 ELSE a.failures END,
      counted_at = excluded.counted_at,
      expires_at = CASE WHEN ${ANEW} THEN excluded.expires_at ELSE ${untilNow} END
    WHERE ${ANEW} OR a.attempts < ${limit}
    RETURNING attempts`;

// What is refused for the address must not be counted as a guess. By a snapshot: the row's lock decides.
const OPEN = `NOT EXISTS (
      SELECT FROM ${TABLE} a WHERE a.key = lane.total AND a.attempts >= $7::integer AND NOT ${ANEW})`;

/**
 * Reads the account and reserves an attempt at its password: first in the counter of guesses, then in the one of the
 * address, in which order everybody locks them. Parameters: $1 whose account, $2 now, $3 and $4 the two counters, $5 and $6
 * limit and end of the first, $7 and $8 of the second, $9 until when that one is locked once it is full.
 */
const reserve = (account: string, lane: string, admits: string, sourceUntil: string): string => `
  WITH account AS MATERIALIZED (${account}), lane AS MATERIALIZED (${lane}),
  guess AS (${reserved('guess', `(${admits}) AND ${OPEN}`, '$5::integer', '$6', 'a.expires_at')}),
  total AS (${reserved(
    'total',
    'EXISTS (SELECT FROM guess)',
    '$7::integer',
    '$8',
    `CASE WHEN a.attempts + 1 >= $7 THEN $9::timestamptz
          WHEN 2 * (a.attempts + 1) >= $7 THEN excluded.expires_at + ${LONGER} ELSE excluded.expires_at END`,
  )})
  SELECT account.*, lane.known, lane.guess, lane.total,
         (SELECT attempts FROM guess) AS guesses, (SELECT attempts FROM total) AS in_a_row,
         g.failures AS guess_failures, g.counted_at AS guess_at, g.expires_at AS guess_until,
         ${sourceUntil} AS source_until,
         a.attempts AS total_attempts, a.expires_at AS total_until, CASE WHEN ${ANEW} THEN 0 ELSE coalesce(a.failures, 0) END AS failures
    FROM lane LEFT JOIN account ON true
    LEFT JOIN ${TABLE} g ON g.key = lane.guess LEFT JOIN ${TABLE} a ON a.key = lane.total`;

const account = (where: string, more = ''): string =>
  `SELECT ${PROFILE_COLUMNS}, u.password_hash, u.password_changed_at${more} ${PROFILE_FROM} WHERE ${where}`;

const SOURCE_UNTIL = `(SELECT s.expires_at FROM ${TABLE} s WHERE s.key = $13 AND s.expires_at > $14)`;

const MARK = (key: string, more: string): string =>
  `(SELECT m.counted_at FROM ${TABLE} m WHERE m.key = ${key} AND ${more})`;

const voided = (userId: string, mark: string): string => `
  greatest((SELECT u.password_changed_at FROM user_service.users u WHERE u.id = ${userId} AND u.password_changed_at <= $2),
           ${MARK(mark, 'm.counted_at <= $2')})`;

/**
 * By the address. $10 and $11 are the counters that take the place of the others when $12, the hash of a device's token, is
 * one of this user's; $13 is the counter of the source, and $14 how far it may have moved on. $15 is the mark of a source
 * where the owner has proven the address, and $16 and $17 the counters that take the place of the others there. $18 is the
 * mark of an operator who has voided what was counted before. $19: whether the address is the one that is counted under;
 * whoever has a tagged one changes their own password as often as they like, and must not void what counts for all of them.
 */
export const RESERVE = reserve(
  account(
    'u.email_index = $1',
    `, EXISTS (SELECT FROM user_service.devices d
                WHERE d.token_hash = $12 AND d.user_id = u.id AND d.expires_at > $2) AS known_device`,
  ),
  `SELECT device OR vouched AS known, greatest(changed, ${MARK('$18', 'm.counted_at <= $2')}) AS changed,
          CASE WHEN device THEN $10::bytea WHEN vouched THEN $16::bytea ELSE $3::bytea END AS guess,
          CASE WHEN device THEN $11::bytea WHEN vouched THEN $17::bytea ELSE $4::bytea END AS total
     FROM (SELECT coalesce(bool_or(known_device), false) AS device,
                  count(account.id) > 0 AND proven AS vouched,
                  max(password_changed_at) FILTER (
                    WHERE password_changed_at <= $2 AND ($19::boolean OR known_device OR proven)) AS changed
             FROM (SELECT ${MARK('$15', 'm.expires_at > $2')} IS NOT NULL AS proven) place
             LEFT JOIN account ON true GROUP BY proven) k`,
  `known OR ${SOURCE_UNTIL} IS NULL`,
  SOURCE_UNTIL,
);

/** By the id of somebody who is signed in. */
export const RESERVE_IN_SESSION = reserve(
  account('u.id = $1'),
  `SELECT true AS known, max(password_changed_at) FILTER (WHERE password_changed_at <= $2) AS changed, $3::bytea AS guess, $4::bytea AS total FROM account`,
  'true',
  'NULL::timestamptz',
);

// The second of a pair waits for the first, so that all lock them in one order.
const pair = (set: string): string => `
  WITH guess AS (UPDATE ${TABLE} SET ${set} WHERE key = $1 RETURNING 1)
  UPDATE ${TABLE} SET ${set} WHERE key = $2 AND (SELECT count(*) FROM guess) >= 0`;

export const CLEAR = pair('attempts = 0, failures = 0');
export const TAKE_BACK = pair('attempts = greatest(attempts - 1, failures)');
export const CONFIRM_FAILURE = pair('failures = least(failures + 1, attempts)');

/**
 * What failed elsewhere, counted on an address as well: $1 and $3 the counters, $2 now, $4 and $5 their ends, $6 how many
 * lock the second one until $7, $8 whose address it is (nobody's, if they have it with a tag), and $9 the mark of an operator. What is locked stays so no longer
 * by this, and what was voided is not brought back. Answers with the second one's count.
 */
export const FAIL_BESIDE = `
  WITH lane AS MATERIALIZED (SELECT ${voided('$8', '$9')} AS changed)
  INSERT INTO ${TABLE} AS a (key, attempts, failures, counted_at, expires_at)
  SELECT key, 1, 1, $2::timestamptz, until FROM (VALUES ($1::bytea, $4::timestamptz, 1), ($3, $5, 2)) c (key, until, place)
   ORDER BY place
  ON CONFLICT (key) DO UPDATE SET
    attempts = CASE WHEN ${ANEW} THEN 1 ELSE a.attempts + 1 END,
    failures = CASE WHEN ${ANEW} THEN 1 ELSE a.failures + 1 END,
    counted_at = excluded.counted_at,
    expires_at = CASE
      WHEN ${ANEW} THEN excluded.expires_at
      WHEN a.key = $3 AND a.attempts + 1 >= $6::integer THEN $7::timestamptz
      WHEN a.key = $3 AND 2 * (a.attempts + 1) >= $6 THEN excluded.expires_at + ${LONGER}
      WHEN a.key = $3 THEN excluded.expires_at
      ELSE a.expires_at END
  WHERE a.key <> $3 OR a.attempts < $6 OR ${ANEW}
  RETURNING CASE WHEN a.key = $3 THEN a.attempts END AS in_a_row`;

// The row of the source, $1, by the length of its step from $2, which is now, and never further ahead of it than $3 ms.
const MOVE_SOURCE = `
  INSERT INTO ${TABLE} AS a (key, attempts, failures, counted_at, expires_at)
  SELECT $1::bytea, 0, 0, $2::timestamptz, $2 + length FROM step
  ON CONFLICT (key) DO UPDATE SET
    counted_at = excluded.counted_at,
    expires_at = least(greatest(a.expires_at, $2) + (SELECT length FROM step), $2 + $3::integer * interval '1 ms')
  RETURNING (SELECT alarm FROM step) AS alarm, expires_at AS until`;

/**
 * Moves the time of the source ($1) on by $4 ms and that of the service ($5) by $6 ms; the source by $7 while too many fail
 * everywhere, which is when the service is ahead of now ($2) by more than $8 ms. Neither gets further ahead than twice what
 * it may. The generic cell rate algorithm (ITU-T I.371): one time for each holds all that has to be known.
 */
export const FAIL_RATES = `
  WITH service AS (
    INSERT INTO ${TABLE} AS a (key, attempts, failures, counted_at, expires_at)
    VALUES ($5, 0, 0, $2::timestamptz, $2::timestamptz + $6::integer * interval '1 ms')
    ON CONFLICT (key) DO UPDATE SET
      counted_at = excluded.counted_at,
      expires_at = least(greatest(a.expires_at, $2) + $6 * interval '1 ms', $2 + 2 * ($6 + $8) * interval '1 ms')
    RETURNING expires_at > $2 + $8::integer * interval '1 ms' AS alarm
  ), step AS (SELECT alarm, CASE WHEN alarm THEN $7::integer ELSE $4::integer END * interval '1 ms' AS length FROM service)
  ${MOVE_SOURCE}`;

/**
 * Of these two the source ($1) alone, by $4 ms, or by $6 when the service ($5) was ahead of now by more than $7 ms: that is
 * only looked at, which waits for nobody.
 */
export const FAIL_SOURCE = `
  WITH service AS (
    SELECT coalesce((SELECT s.expires_at > $2::timestamptz + $7::integer * interval '1 ms' FROM ${TABLE} s WHERE s.key = $5), false) AS alarm
  ), step AS (SELECT alarm, CASE WHEN alarm THEN $6::integer ELSE $4::integer END * interval '1 ms' AS length FROM service)
  ${MOVE_SOURCE}`;

/** How many attempts a counter ($1) holds now ($2) of the address of a user ($3), if none of what voids it ($4) is later. */
export const COUNTED = `
  WITH lane AS MATERIALIZED (SELECT ${voided('$3', '$4')} AS changed)
  SELECT a.attempts FROM ${TABLE} a WHERE a.key = $1 AND NOT ${ANEW}`;

/** Sets a mark ($1) at a moment ($2) that counts until another ($3). */
export const SET_MARK = `
  INSERT INTO ${TABLE} AS a (key, attempts, failures, counted_at, expires_at) VALUES ($1, 0, 0, $2, $3)
  ON CONFLICT (key) DO UPDATE SET counted_at = excluded.counted_at, expires_at = excluded.expires_at`;
