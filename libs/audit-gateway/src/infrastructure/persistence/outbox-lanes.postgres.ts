import { createHash, randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Ids, UnitOfWork } from '#kernel';
import { type AuditEvent, BATCH_MAX_BYTES, type LaneHead, sealedText, sealNext } from '#platform/audit-chain';
import { MetricsRegistry, type Timer } from '#platform/metrics';
import { OutboxSettings } from '#platform/outbox';
import { Database } from '#platform/persistence';

import { OutboxLanes } from '../../application/ports.js';
import type { Batch, Rejection, SealedEvent } from '../../domain/delivery.js';
import * as sql from './lane-statements.js';
import { OUTBOX_CHANNEL, RESUMED } from './outbox-channel.js';

// Several times what an attempt may take; after a crash the lane is free so much later.
const LEASE_SECONDS = 15;
const SEAL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

interface ClaimRow {
  readonly lane: number;
  /** bigint, which the driver gives as text. */
  readonly sequence: string;
  readonly hash: Buffer;
}

interface EventRow {
  readonly id: string;
  /** JSON. Read one by one, so that a batch of it is never there as objects. */
  readonly payload: string;
  /** Seconds. */
  readonly age: number;
}

interface SealedRow extends EventRow {
  readonly sequence: string;
  readonly prevhash: Buffer;
  readonly hash: Buffer;
  readonly attempts: number;
}

interface Sealed extends SealedEvent {
  readonly prevhash: Buffer;
  readonly hash: Buffer;
}

/** What this instance knows of a lane that it holds. */
interface Held {
  head: LaneHead;
  /** There may be events that were sealed before. */
  leftovers: boolean;
}

/** All times are the database's, so that the instances' clocks do not matter. */
@Injectable()
export class PostgresOutboxLanes extends OutboxLanes {
  // Tells this process's leases from those of others and of its own past.
  readonly #owner = randomUUID();
  readonly #held = new Map<number, Held>();
  readonly #sealing: Timer;

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly ids: Ids,
    private readonly settings: OutboxSettings,
    metrics: MetricsRegistry,
  ) {
    super();
    this.#sealing = metrics.timer('audit_seal_duration_seconds', 'Giving a batch its places and hashes', SEAL_BUCKETS);
  }

  async prepare(): Promise<void> {
    const { firstLane, lanes } = this.settings;
    await this.database.change(sql.PREPARE, [firstLane, lanes]);
    await this.moveOn();
  }

  async claim(isProbe: boolean): Promise<number | null> {
    const parameters = [this.#owner, [...this.#held.keys()], isProbe];
    const found = await this.database.query(sql.LOOK, parameters);
    if (found.length === 0) return null;
    const [row] = await this.database.change<ClaimRow>(sql.CLAIM, [...parameters, LEASE_SECONDS]);
    // Two looks of this process at once can find the same lane: the first one has it.
    if (row === undefined || this.#held.has(row.lane)) return null;
    this.#held.set(row.lane, { head: { sequence: BigInt(row.sequence), hash: row.hash }, leftovers: true });
    return row.lane;
  }

  async next(lane: number, limit: number): Promise<Batch | null> {
    const held = this.#held.get(lane);
    if (held === undefined) return null;
    if (held.leftovers) {
      const rows = await this.database.query<SealedRow>(sql.SEALED, [lane, limit]);
      if (rows.length > 0) return (await this.renew(lane)) ? batchOfSealed(lane, rows) : null;
      held.leftovers = false;
    }
    // Its chain has ended; an instance that does not know it yet has added events.
    if (lane < this.settings.firstLane) return this.moveOn();
    const rows = await this.database.query<EventRow>(sql.UNSEALED, [lane, limit]);
    return rows.length === 0 ? null : this.seal(lane, held, rows);
  }

  async confirm({ lane, events }: Batch, rejected: readonly Rejection[]): Promise<void> {
    const range = [lane, events[0]?.sequence, events.at(-1)?.sequence];
    if (rejected.length === 0) {
      await this.database.change(sql.REMOVE, range);
      return;
    }
    await this.database.change(sql.REMOVE_WITH_REJECTED, [
      ...range,
      rejected.map(() => this.ids.uuid()),
      rejected.map(({ eventId }) => eventId),
      rejected.map(({ code }) => code),
      rejected.map(({ detail }) => detail),
    ]);
  }

  async postpone(lane: number, seconds: number): Promise<void> {
    this.#held.delete(lane);
    await this.database.change(sql.POSTPONE, [lane, this.#owner, seconds]);
  }

  async release(lane: number): Promise<void> {
    this.#held.delete(lane);
    await this.database.change(sql.RELEASE, [lane, this.#owner]);
  }

  abandon(lane: number): void {
    this.#held.delete(lane);
  }

  async releaseAll(): Promise<void> {
    this.#held.clear();
    await this.database.change(sql.RELEASE_ALL, [this.#owner]);
  }

  async resume(): Promise<void> {
    await this.database.change(sql.RESUME, [OUTBOX_CHANNEL, RESUMED]);
  }

  private async moveOn(): Promise<null> {
    const { firstLane, lanes } = this.settings;
    await this.database.change(sql.MOVE_ON, [firstLane, lanes]);
    return null;
  }

  private async renew(lane: number): Promise<boolean> {
    return (await this.database.change(sql.RENEW, [lane, this.#owner, LEASE_SECONDS])).length > 0;
  }

  private async seal(lane: number, held: Held, rows: readonly EventRow[]): Promise<Batch | null> {
    const begun = performance.now();
    // Before the transaction, which then is two statements; whether they still fit is for PostgreSQL to say.
    const { sealed, head } = chain(lane, held.head, rows);
    const isOurs = await this.uow.run(async () => {
      const place = [lane, this.#owner, held.head.sequence, head.sequence, head.hash, LEASE_SECONDS];
      if ((await this.database.query(sql.MOVE_HEAD, place)).length === 0) return false;
      const [row] = await this.database.query<{ placed: number }>(sql.SEAL, [
        sealed.map(({ id }) => id),
        held.head.sequence,
        JSON.stringify(Object.fromEntries(sealed.map(({ id }, index) => [id, index + 1]))),
        Buffer.concat([held.head.hash, ...sealed.map(({ hash }) => hash)]),
      ]);
      if (row?.placed !== sealed.length) throw new Error('Events of a lane vanished while they were being sealed');
      return true;
    });
    if (!isOurs) return null;
    held.head = head;
    this.#sealing.observe((performance.now() - begun) / 1_000);
    return batchOf(lane, sealed, rows[0]?.age ?? 0, 0);
  }
}

/** The next events of a lane, as many as one batch may carry. */
function chain(lane: number, from: LaneHead, rows: readonly EventRow[]): { sealed: Sealed[]; head: LaneHead } {
  const sealed: Sealed[] = [];
  let head = from;
  let bytes = 0;
  for (const { id, payload } of rows) {
    const next = sealNext(JSON.parse(payload) as AuditEvent, lane, head);
    bytes += next.text.length;
    if (sealed.length > 0 && bytes > BATCH_MAX_BYTES) break;
    sealed.push({ id, text: next.text, sequence: next.head.sequence, prevhash: head.hash, hash: next.head.hash });
    head = next.head;
  }
  return { sealed, head };
}

/** The first ones of what was sealed before. A batch has no gap: a dead letter that is sent again goes alone. */
function batchOfSealed(lane: number, rows: readonly SealedRow[]): Batch {
  const sealed: Sealed[] = [];
  let bytes = 0;
  for (const row of rows) {
    const event = sealedOf(lane, row);
    bytes += event.text.length;
    const last = sealed.at(-1);
    if (last !== undefined && (event.sequence !== last.sequence + 1n || bytes > BATCH_MAX_BYTES)) break;
    sealed.push(event);
  }
  return batchOf(lane, sealed, rows[0]?.age ?? 0, rows[0]?.attempts ?? 0);
}

function sealedOf(lane: number, { id, payload, prevhash, hash, ...row }: SealedRow): Sealed {
  const sequence = BigInt(row.sequence);
  return {
    id,
    text: sealedText(JSON.parse(payload) as AuditEvent, { lane, sequence, prevhash, hash }),
    sequence,
    prevhash,
    hash,
  };
}

/** @param refusals how often they were dead letters: a receiver that remembers batches must not repeat its refusal */
function batchOf(lane: number, sealed: readonly Sealed[], ageSeconds: number, refusals: number): Batch {
  const digest = createHash('sha256').update(`${String(lane)} ${String(refusals)} `);
  // The last hash covers all before it; together with the first one they name the range.
  for (const end of [sealed[0], sealed.at(-1)]) if (end !== undefined) digest.update(end.hash);
  return { id: uuidOf(digest.digest()), lane, events: sealed, ageSeconds };
}

/** UUIDv8 (RFC 9562 §5.8) of the first 122 bits. */
function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  const variant = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant.toString(16)}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
