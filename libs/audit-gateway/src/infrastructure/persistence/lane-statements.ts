import { PLANNED_ANEW } from '#platform/persistence';

const OUTBOX = 'user_service.outbox';

/**
 * Commits without waiting for the disk. For what may be lost with a crash of PostgreSQL: a lease, which PostgreSQL checks
 * again where it matters, and a confirmation, after which the receiver says that it has the events already.
 */
const RELAXED = `set_config('synchronous_commit', 'off', true) = 'off'`;

/** Lanes with something to send that nobody else holds; the parameters are owner, lanes at work here, and whether this is a probe. */
const waiting = (lock: string): string => `
  SELECT l.lane FROM user_service.outbox_lanes l
   CROSS JOIN LATERAL (
     (SELECT created_at FROM ${OUTBOX}
       WHERE topic = 'audit' AND lane = l.lane AND sequence IS NOT NULL ORDER BY sequence LIMIT 1)
     UNION ALL
     (SELECT created_at FROM ${OUTBOX}
       WHERE topic = 'audit' AND lane = l.lane AND sequence IS NULL AND available_at <= now()
       ORDER BY position NULLS FIRST, id LIMIT 1)
     LIMIT 1) oldest
   WHERE (l.lease_until IS NULL OR l.lease_until < now() OR l.lease_owner = $1) AND l.lane <> ALL ($2::smallint[])
     AND ($3 OR l.available_at <= now())
   ORDER BY CASE WHEN $3 THEN l.attempts ELSE 0 END, oldest.created_at LIMIT 1 ${lock}`;

/** Most looks find nothing: one read instead of a whole transaction. */
export const LOOK = `${PLANNED_ANEW} ${waiting('')}`;

export const CLAIM = `${PLANNED_ANEW}
  UPDATE user_service.outbox_lanes
     SET lease_owner = $1, lease_until = now() + make_interval(secs => $4)
   WHERE lane = (${waiting('FOR UPDATE OF l SKIP LOCKED')}) AND ${RELAXED}
  RETURNING lane, sequence, hash`;

/** Events that have no place yet, from lanes that are not used any more to those that are. */
export const MOVE_ON = `
  UPDATE ${OUTBOX} SET lane = $1::int + lane % $2::int WHERE topic = 'audit' AND sequence IS NULL AND lane < $1::int`;

/** For lanes that are configured, and for those that another configuration left events in. */
export const PREPARE = `
  INSERT INTO user_service.outbox_lanes (lane)
  SELECT generate_series($1::int, $1::int + $2::int - 1)::smallint
  UNION SELECT DISTINCT lane FROM ${OUTBOX} WHERE topic = 'audit'
  ON CONFLICT DO NOTHING`;

export const RENEW = `
  UPDATE user_service.outbox_lanes SET lease_until = now() + make_interval(secs => $3)
   WHERE lane = $1 AND lease_owner = $2 AND lease_until >= now() RETURNING lane`;

const AGE = 'extract(epoch FROM clock_timestamp() - created_at)::float8 AS age';

export const SEALED = `${PLANNED_ANEW}
  SELECT id, payload::text AS payload, sequence, prevhash, hash, attempts, ${AGE} FROM ${OUTBOX}
   WHERE topic = 'audit' AND lane = $1 AND sequence IS NOT NULL ORDER BY sequence LIMIT $2`;

export const UNSEALED = `${PLANNED_ANEW}
  SELECT id, payload::text AS payload, ${AGE} FROM ${OUTBOX}
   WHERE topic = 'audit' AND lane = $1 AND sequence IS NULL AND available_at <= now()
   ORDER BY position NULLS FIRST, id LIMIT $2`;

/** Only for whoever holds the lane, and only from where the lane ends: of two that seal the same, one finds nothing. */
export const MOVE_HEAD = `
  UPDATE user_service.outbox_lanes
     SET sequence = $4, hash = $5, lease_until = now() + make_interval(secs => $6)
   WHERE lane = $1 AND lease_owner = $2 AND sequence = $3 AND set_config('enable_seqscan', 'off', true) = 'off'
  RETURNING lane`;

// Of a queue PostgreSQL never knows how long it is, and how much of it has a place. What it thinks of a join, or of an
// index on what has none, may be to read everything that waits for every batch: so there is one table, one index, and no
// condition that another index could serve.
const NUMBER = `($3::jsonb ->> o.id::text)::int`;

/**
 * Gives events their places. Of these there are the ids, the sequence before them, their numbers from 1 by id, and all
 * hashes in a row, 32 bytes each, from that of their predecessor to their last. After `MOVE_HEAD`, in its transaction.
 */
export const SEAL = `
  WITH placed AS (
    UPDATE ${OUTBOX} o
       SET sequence = $2::bigint + ${NUMBER},
           prevhash = substring($4::bytea FROM 32 * ${NUMBER} - 31 FOR 32),
           hash = substring($4::bytea FROM 32 * ${NUMBER} + 1 FOR 32)
     WHERE o.id = ANY ($1::uuid[]) AND coalesce(o.sequence, 0) = 0 RETURNING 1)
  SELECT count(*)::int AS placed FROM placed`;

export const REMOVE = `${PLANNED_ANEW}
  WITH taken AS (
    UPDATE user_service.outbox_lanes SET attempts = 0 WHERE lane = $1 AND attempts > 0
  )
  DELETE FROM ${OUTBOX}
   WHERE topic = 'audit' AND lane = $1 AND sequence BETWEEN $2 AND $3 AND (SELECT ${RELAXED})`;

/** As `REMOVE`, with what was rejected; one that is a dead letter already stays what it was. */
export const REMOVE_WITH_REJECTED = `${PLANNED_ANEW}
  WITH taken AS (
    UPDATE user_service.outbox_lanes SET attempts = 0 WHERE lane = $1 AND attempts > 0
  ), gone AS (
    DELETE FROM ${OUTBOX} WHERE topic = 'audit' AND lane = $1 AND sequence BETWEEN $2 AND $3 RETURNING *
  )
  INSERT INTO user_service.outbox_dead_letters
         (id, event_id, lane, sequence, prevhash, hash, payload, code, detail, attempts, event_at)
  SELECT r.id, g.id, g.lane, g.sequence, g.prevhash, g.hash, g.payload, r.code, r.detail, g.attempts + 1, g.created_at
    FROM gone g
    JOIN unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[]) AS r (id, event_id, code, detail) ON r.event_id = g.id
  ON CONFLICT (event_id) DO NOTHING`;

export const POSTPONE = `
  UPDATE user_service.outbox_lanes
     SET lease_owner = NULL, lease_until = NULL, attempts = attempts + 1,
         available_at = now() + make_interval(secs => $3)
   WHERE lane = $1 AND lease_owner = $2`;

export const RELEASE = `
  UPDATE user_service.outbox_lanes SET lease_owner = NULL, lease_until = NULL
   WHERE lane = $1 AND lease_owner = $2 AND ${RELAXED}`;

export const RELEASE_ALL = `
  UPDATE user_service.outbox_lanes SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1`;

export const RESUME = `
  WITH resumed AS (
    UPDATE user_service.outbox_lanes SET available_at = now() WHERE available_at > now()
  )
  SELECT pg_notify($1, $2)`;
