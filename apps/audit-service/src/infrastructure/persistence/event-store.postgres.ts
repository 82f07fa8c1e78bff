import { Injectable } from '@nestjs/common';

import { formatSequence, hashIsRight, SealedAuditEvent, type ChainLink } from '#platform/audit-chain';

import {
  EventStore,
  type EventFilter,
  type EventPage,
  type StoredBatch,
  type StoredEntry,
} from '../../application/ports.js';
import { conflict, type JudgedBatch, type Rejection } from '../../domain/batch.js';
import { forkedEvents } from '../../domain/forks.js';
import { AuditDatabase, type Query } from './audit-database.js';

/**
 * Held until the commit, so that positions become visible in their order: whoever reads on from the last event seen
 * never passes one that was still on its way.
 */
const IN_ORDER = 'SELECT pg_advisory_xact_lock(7306019443)';

// The places of a batch, and those before and after them.
const AROUND = `
  SELECT sequence, event ->> 'hash' AS hash, event ->> 'prevhash' AS prevhash, true AS "isKept"
    FROM audit.events WHERE lane = $1 AND sequence = ANY ($2::bigint[])
   UNION ALL
  SELECT sequence, hash, prevhash, false
    FROM audit.refused_events WHERE lane = $1 AND sequence = ANY ($2::bigint[]) AND code = 'sequence_conflict'`;
const AT = 'SELECT sequence, event FROM audit.events WHERE lane = $1 AND sequence = ANY ($2::bigint[])';

const INSERT_EVENTS = `
  INSERT INTO audit.events (event)
  SELECT event FROM unnest($1::text[]) WITH ORDINALITY AS sent (text, number), LATERAL (SELECT text::jsonb) AS parsed (event)
  ORDER BY number
  ON CONFLICT DO NOTHING
  RETURNING id`;

// What a sender that lost its memory seals once more is the same event all the same, at another place.
const PLACE = `'{lane,sequence,prevhash,hash}'::text[]`;
const KNOWN = `
  SELECT number::int AS number, e.event ->> 'hash' AS hash, e.event - ${PLACE} = sent.event - ${PLACE} AS "isSame"
    FROM (SELECT number, text::jsonb AS event FROM unnest($1::text[]) WITH ORDINALITY AS texts (text, number)) AS sent
    JOIN audit.events e ON e.id = (sent.event ->> 'id')::uuid`;

const INSERT_REFUSED = `
  INSERT INTO audit.refused_events (event_id, lane, sequence, prevhash, hash, code)
  SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
  ON CONFLICT DO NOTHING`;

const LANES = `
  WITH RECURSIVE known (lane) AS (
    (SELECT lane FROM audit.events ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT lane FROM audit.events WHERE lane > known.lane ORDER BY lane LIMIT 1) FROM known WHERE lane IS NOT NULL
  )
  SELECT lane FROM known WHERE lane IS NOT NULL
  UNION
  SELECT DISTINCT lane FROM audit.refused_events
  ORDER BY lane`;

// A refused event that came again and was taken is an event like any other.
const ENTRIES = `
  (SELECT sequence, event, NULL AS refused FROM audit.events WHERE lane = $1 AND sequence > $2 ORDER BY sequence LIMIT $3)
  UNION ALL
  (SELECT DISTINCT ON (sequence) sequence, NULL,
          jsonb_build_object('id', event_id, 'lane', lane, 'prevhash', prevhash, 'hash', hash, 'code', code)
     FROM audit.refused_events r
    WHERE lane = $1 AND sequence > $2
      AND NOT EXISTS (SELECT FROM audit.events e WHERE e.lane = r.lane AND e.sequence = r.sequence)
    ORDER BY sequence, position LIMIT $3)
  ORDER BY sequence LIMIT $3`;

const MEMBERS = Object.keys(SealedAuditEvent.shape) as (keyof SealedAuditEvent)[];

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

interface EntryRow {
  readonly sequence: string;
  readonly event: SealedAuditEvent | null;
  readonly refused: Omit<ChainLink, 'sequence'> | null;
}

@Injectable()
export class PostgresEventStore extends EventStore {
  constructor(private readonly database: AuditDatabase) {
    super();
  }

  override add({ events, rejections }: JudgedBatch): Promise<StoredBatch> {
    return this.database.transaction(async (query) => {
      await query(IN_ORDER);
      const forked = await forksAmong(query, events);
      const fitting = events.filter((event) => !forked.has(event));
      const { accepted, duplicates, conflicts, repeated } = await insert(query, fitting);
      const forks = [...forked].map((event) => conflict(event, 'sequence_conflict'));
      const all = [...rejections, ...forks, ...conflicts];
      await note(query, [
        ...all.flatMap(({ place, code }) => (place === undefined ? [] : [{ ...place, code }])),
        ...repeated.map((event) => ({ ...event, code: 'duplicate' })),
      ]);
      return { accepted, duplicates, rejections: all };
    });
  }

  override async events({ subject, type, after, descending, limit }: EventFilter): Promise<EventPage | undefined> {
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${String(values.push(value))}`;
    const conditions = [
      ...(subject === undefined ? [] : [`subject = ${bind(subject)}`]),
      ...(type === undefined ? [] : [`type = ${bind(type)}`]),
    ];
    if (after !== undefined) {
      const position = await this.positionOf(after);
      if (position === undefined) return undefined;
      conditions.push(`position ${descending ? '<' : '>'} ${bind(position)}`);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const rows = await this.database.query<{ event: SealedAuditEvent }>(
      `SELECT event FROM audit.events ${where} ORDER BY position ${descending ? 'DESC' : 'ASC'} LIMIT ${bind(limit + 1)}`,
      values,
    );
    return { items: rows.slice(0, limit).map(({ event }) => readable(event)), hasMore: rows.length > limit };
  }

  override async lanes(): Promise<readonly number[]> {
    return (await this.database.query<{ lane: number }>(LANES)).map(({ lane }) => lane);
  }

  override async entries(lane: number, after: bigint, limit: number): Promise<readonly StoredEntry[]> {
    const rows = await this.database.query<EntryRow>(ENTRIES, [lane, String(after), limit]);
    // The table says what an entry is.
    return rows.map(({ sequence: text, event, refused }) => {
      const sequence = BigInt(text);
      const place = formatSequence(sequence);
      const entry = event === null ? { refused: { ...refused, sequence: place } } : { event: readable(event) };
      return { sequence, entry };
    });
  }

  /** Of the event, or of the last one that had come by the moment: 0 if none had. */
  private async positionOf(after: string): Promise<string | undefined> {
    if (UUID.test(after)) {
      const [found] = await this.database.query<{ position: string }>(
        'SELECT position FROM audit.events WHERE id = $1',
        [after],
      );
      return found?.position;
    }
    const [found] = await this.database.query<{ position: string }>(
      'SELECT position FROM audit.events WHERE received_at <= $1 ORDER BY received_at DESC, position DESC LIMIT 1',
      [after],
    );
    return found?.position ?? '0';
  }
}

/** PostgreSQL orders members by their length; people like them as the contract has them. What is unknown comes last. */
function readable(event: SealedAuditEvent): SealedAuditEvent {
  const known = MEMBERS.flatMap((name) => (Object.hasOwn(event, name) ? [[name, event[name]] as const] : []));
  return { ...(Object.fromEntries(known) as SealedAuditEvent), ...event };
}

interface PlaceRow {
  readonly sequence: string;
  readonly hash: string;
  readonly prevhash: string;
  readonly isKept: boolean;
}

async function forksAmong(query: Query, events: readonly SealedAuditEvent[]): Promise<ReadonlySet<SealedAuditEvent>> {
  const [first] = events;
  if (first === undefined) return new Set();
  const { lane } = first;
  const places = around(events);
  const rows = await query<PlaceRow>(AROUND, [lane, places.map(String)]);
  const kept = new Map(rows.filter(({ isKept }) => isKept).map((row) => [BigInt(row.sequence), row]));
  const forked = new Set(rows.filter(({ isKept }) => !isKept).map(({ hash }) => hash));
  const found = forkedEvents(events, { kept, forked });
  if (found.size === 0) return found;
  // Whoever altered what is kept must not stop the sender with it: that is for whoever walks along the lane to name.
  const contradicted = await query<{ sequence: string; event: SealedAuditEvent }>(AT, [
    lane,
    around([...found]).map(String),
  ]);
  for (const { sequence, event } of contradicted) if (!hashIsRight(event)) kept.delete(BigInt(sequence));
  return forkedEvents(events, { kept, forked });
}

function around(events: readonly SealedAuditEvent[]): bigint[] {
  const places = events.map(({ sequence }) => BigInt(sequence));
  // The last place of all has none behind it that PostgreSQL could hold.
  return [...new Set(places.flatMap((place) => [place - 1n, place, BigInt.asIntN(64, place + 1n)]))];
}

interface Inserted {
  readonly accepted: number;
  readonly duplicates: number;
  readonly conflicts: readonly Rejection[];
  /** Events that are there already at another place: the one that they were sent with stays without an event. */
  readonly repeated: readonly SealedAuditEvent[];
}

async function insert(query: Query, events: readonly SealedAuditEvent[]): Promise<Inserted> {
  if (events.length === 0) return { accepted: 0, duplicates: 0, conflicts: [], repeated: [] };
  const inserted = await query<{ id: string }>(INSERT_EVENTS, [events.map((event) => JSON.stringify(event))]);
  const fresh = new Set(inserted.map(({ id }) => id));
  const others = events.filter(({ id }) => !fresh.delete(id.toLowerCase()));
  if (others.length === 0) return { accepted: inserted.length, duplicates: 0, conflicts: [], repeated: [] };
  const stored = await query<{ number: number; hash: string; isSame: boolean }>(KNOWN, [
    others.map((event) => JSON.stringify(event)),
  ]);
  const known = new Map(stored.map(({ number, ...row }) => [number, row]));
  const conflicts: Rejection[] = [];
  const repeated: SealedAuditEvent[] = [];
  for (const [index, event] of others.entries()) {
    const found = known.get(index + 1);
    // The hash covers all of the event, so equal hashes are equal events.
    if (found?.hash === event.hash) continue;
    if (found?.isSame === true) repeated.push(event);
    else conflicts.push(conflict(event, found === undefined ? 'sequence_conflict' : 'id_conflict'));
  }
  return { accepted: inserted.length, duplicates: others.length - conflicts.length, conflicts, repeated };
}

async function note(query: Query, places: readonly (ChainLink & { readonly code: string })[]): Promise<void> {
  if (places.length === 0) return;
  await query(INSERT_REFUSED, [
    places.map(({ id }) => id),
    places.map(({ lane }) => lane),
    places.map(({ sequence }) => sequence),
    places.map(({ prevhash }) => prevhash),
    places.map(({ hash }) => hash),
    places.map(({ code }) => code),
  ]);
}
