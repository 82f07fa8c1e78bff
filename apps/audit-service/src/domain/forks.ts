import { EMPTY_LANE, type SealedAuditEvent } from '#platform/audit-chain';

/** The hash of an event at a place of a lane, and that of its predecessor. */
export interface KnownPlace {
  readonly hash: string;
  readonly prevhash: string;
}

/** What a store knows of the places around a batch, all of one lane. */
export interface Surroundings {
  /** Events that are kept, by their place. */
  readonly kept: ReadonlyMap<bigint, KnownPlace>;
  /** Hashes of events that were refused because they belong to a fork. */
  readonly forked: ReadonlySet<string>;
}

/** What the first event of a lane names as its predecessor. */
const NOTHING: KnownPlace = { hash: EMPTY_LANE.hash.toString('base64url'), prevhash: '' };

/**
 * Events that belong to another chain than the one that is kept: their place is held by another event, their predecessor
 * or their successor there is not theirs, or they follow one that was refused for it. Of what is kept already they are
 * none. What is not known contradicts nothing: a gap may be filled from any side.
 *
 * @param events of one lane, in order
 */
export function forkedEvents(
  events: readonly SealedAuditEvent[],
  { kept, forked }: Surroundings,
): ReadonlySet<SealedAuditEvent> {
  const places = new Map(kept).set(0n, NOTHING);
  const hashes = new Set(forked);
  const found = new Set<SealedAuditEvent>();
  for (const event of events) {
    const sequence = BigInt(event.sequence);
    if (isForked(event, sequence, places, hashes)) {
      hashes.add(event.hash);
      found.add(event);
    } else places.set(sequence, event);
  }
  return found;
}

function isForked(
  { hash, prevhash }: KnownPlace,
  sequence: bigint,
  places: ReadonlyMap<bigint, KnownPlace>,
  forked: ReadonlySet<string>,
): boolean {
  const holder = places.get(sequence);
  if (holder !== undefined) return holder.hash !== hash;
  const before = places.get(sequence - 1n);
  if (before === undefined ? forked.has(prevhash) : before.hash !== prevhash) return true;
  const after = places.get(sequence + 1n);
  return after !== undefined && after.prevhash !== hash;
}
