import { describe, expect, it } from '@jest/globals';

import type { SealedAuditEvent } from '#platform/audit-chain';

import { auditEvent, sealedEvents, TestLane } from '../../../../libs/platform/testing/sealed-events.js';
import { forkedEvents } from './forks.js';

const LANE = 3;
const chain = sealedEvents(6, LANE);
/** The same first events, then others: forks at place 3. */
const fork = (() => {
  const lane = new TestLane(LANE);
  return Array.from({ length: 6 }, (_, index) => lane.seal(auditEvent(index < 2 ? index + 1 : index + 100)));
})();

const keeping = (events: readonly SealedAuditEvent[]) =>
  new Map(events.map((event) => [BigInt(event.sequence), event]));

function sequences(
  events: readonly SealedAuditEvent[],
  kept: readonly SealedAuditEvent[],
  forked: readonly SealedAuditEvent[] = [],
): number[] {
  const found = forkedEvents(events, { kept: keeping(kept), forked: new Set(forked.map(({ hash }) => hash)) });
  return [...found].map(({ sequence }) => Number(sequence));
}

describe('Of a lane that is kept', () => {
  it('no event is a fork that is there already, or goes on where it ends', () => {
    expect(sequences(chain, chain.slice(0, 4))).toEqual([]);
    expect(sequences(chain, [])).toEqual([]);
  });

  it('a fork is what comes for a place that another event holds, and all that follows it', () => {
    expect(sequences(fork, chain.slice(0, 4))).toEqual([3, 4, 5, 6]);
  });

  it('a fork is what names another predecessor, and all that follows it, in later batches too', () => {
    expect(sequences(fork.slice(4), chain.slice(0, 4))).toEqual([5, 6]);
    expect(sequences(fork.slice(5), [], [fork[4]!])).toEqual([6]);
    expect(sequences(chain.slice(5), [chain[4]!], [fork[4]!])).toEqual([]);
  });

  it('a fork is what another event does not name as its predecessor', () => {
    expect(sequences([fork[3]!], [chain[4]!])).toEqual([4]);
    expect(sequences([chain[3]!], [chain[4]!])).toEqual([]);
  });

  it('a fork is a beginning that is none', () => {
    expect(sequences([{ ...chain[0]!, prevhash: chain[1]!.hash }], [])).toEqual([1]);
  });

  it('nothing is a fork that comes behind a gap or before one', () => {
    expect(sequences(fork.slice(4), chain.slice(0, 3))).toEqual([]);
    expect(sequences(fork.slice(2, 4), [chain[5]!])).toEqual([]);
  });

  it('two events of one batch for the same place are told apart: the second is the fork', () => {
    expect([...forkedEvents([chain[3]!, fork[3]!], { kept: new Map(), forked: new Set() })]).toEqual([fork[3]]);
  });
});
