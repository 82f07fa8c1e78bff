import { describe, expect, it } from '@jest/globals';

import { auditEvent, sealedEvents } from '../../testing/sealed-events.js';
import { LaneWalk, sealNext, type LaneReport, type SealedAuditEvent } from './index.js';

const LANE = 3;
const place = (number: number): string => String(number).padStart(20, '0');
const id = (number: number): string => sealedEvents(number).at(-1)!.id;

/** Events as they are; what was refused as an entry of its own kind. */
function walk(entries: readonly object[]): LaneReport {
  const walked = new LaneWalk(LANE);
  for (const entry of entries) walked.add(entry instanceof Refused ? { refused: entry } : { event: entry });
  return walked.report;
}

class Refused {
  readonly id: string;
  readonly lane: number;
  readonly sequence: string;
  readonly prevhash: string;
  readonly hash: string;
  readonly code = 'event_invalid';

  constructor(event: SealedAuditEvent) {
    ({ id: this.id, lane: this.lane, sequence: this.sequence, prevhash: this.prevhash, hash: this.hash } = event);
  }
}

const refused = (event: SealedAuditEvent): Refused => new Refused(event);

describe('A walk along a lane', () => {
  const events = sealedEvents(6);
  const [one, two, three, four, five, six] = events as object[] as [object, object, object, object, object, object];
  const at = (index: number): SealedAuditEvent => events[index]!;

  it('finds a whole lane whole', () => {
    expect(walk(events)).toEqual({
      lane: LANE,
      firstSequence: place(1),
      lastSequence: place(6),
      count: 6,
      refused: 0,
      missing: '0',
      gaps: [],
      faults: 0,
      firstFault: null,
      chainOk: true,
    });
  });

  it('knows nothing of a lane without events, and finds no fault with it', () => {
    expect(walk([])).toMatchObject({ firstSequence: null, lastSequence: null, count: 0, chainOk: true });
  });

  it('goes across a refused event whose place is known', () => {
    expect(walk([one, two, refused(at(2)), four])).toMatchObject({ count: 3, refused: 1, chainOk: true, gaps: [] });
  });

  it('does not believe the hash of a refused event when its successor says another', () => {
    const forged = refused({ ...at(2), hash: at(0).hash });

    expect(walk([one, two, forged, four]).firstFault).toMatchObject({ kind: 'unlinked', sequence: place(4) });
  });

  it('names an altered event, and goes on behind it', () => {
    const altered = { ...at(2), type: 'session.logged_out' };

    expect(walk([one, two, altered, four, five, six])).toMatchObject({
      count: 6,
      faults: 1,
      firstFault: { kind: 'altered', lane: LANE, sequence: place(3), eventId: id(3) },
    });
  });

  it('names the first event behind one that was altered and given a new hash', () => {
    const { text } = sealNext(auditEvent(3, { reason: 'forged' }), LANE, {
      sequence: 2n,
      hash: Buffer.from(at(2).prevhash, 'base64url'),
    });
    const forged = JSON.parse(text) as SealedAuditEvent;

    expect(walk([one, two, forged, four, five])).toMatchObject({
      faults: 1,
      firstFault: { kind: 'unlinked', sequence: place(4), eventId: id(4) },
    });
  });

  it('names a gap by its first place, with both of its ends', () => {
    expect(walk([one, four, six])).toMatchObject({
      count: 3,
      missing: '3',
      gaps: [
        { from: place(2), to: place(3) },
        { from: place(5), to: place(5) },
      ],
      faults: 2,
      firstFault: { kind: 'gap', sequence: place(2), eventId: id(4) },
    });
  });

  it('misses the beginning of a lane', () => {
    expect(walk([three, four])).toMatchObject({
      firstSequence: place(3),
      missing: '2',
      firstFault: { kind: 'gap', sequence: place(1) },
    });
  });

  it('tells an event that comes too late from one that is missing', () => {
    expect(walk([one, three, two, four])).toMatchObject({
      count: 4,
      missing: '0',
      gaps: [],
      faults: 1,
      firstFault: { kind: 'reordered', sequence: place(2), eventId: id(2) },
    });
  });

  it('names an event that is there twice, and does not count it twice', () => {
    expect(walk([one, two, two, three])).toMatchObject({
      count: 3,
      faults: 1,
      firstFault: { kind: 'duplicate', sequence: place(2), eventId: id(2) },
    });
    expect(walk([one, two, three, one, four])).toMatchObject({
      count: 4,
      firstFault: { kind: 'duplicate', sequence: place(1) },
    });
  });

  it('finds what else is wrong behind a gap', () => {
    const altered = { ...at(3), type: 'session.logged_out' };

    expect(walk([one, two, altered, five])).toMatchObject({
      faults: 2,
      firstFault: { kind: 'gap', sequence: place(3) },
    });
  });

  it('names an event of another lane', () => {
    expect(walk([one, sealedEvents(1, 4)[0]!, two])).toMatchObject({
      count: 2,
      firstFault: { kind: 'wrong_lane', sequence: place(2) },
    });
  });

  it('proves an event as an event, whatever it says of itself', () => {
    const altered = { ...at(2), type: 'session.logged_out', refused: 'event_invalid', code: 'event_invalid' };

    expect(walk([one, two, altered, four])).toMatchObject({
      count: 4,
      refused: 0,
      faults: 1,
      firstFault: { kind: 'altered', sequence: place(3) },
    });
  });

  it.each(['hash', 'prevhash', 'sequence', 'lane', 'id'])('names an event whose %s was taken away', (name) => {
    const altered = { ...at(2), [name]: undefined };

    expect(walk([one, two, altered, four, five])).toMatchObject({
      lastSequence: place(5),
      count: 5,
      missing: '0',
      faults: 1,
      firstFault: { kind: 'altered', sequence: place(3) },
    });
  });

  it.each([null, 'text', 7, [], {}, { hash: 1 }])('names %j where an event should be', (value) => {
    const walked = new LaneWalk(LANE);
    walked.add({ event: one });
    walked.add({ event: value });
    walked.add({ event: three });

    expect(walked.report).toMatchObject({ faults: 1, firstFault: { kind: 'altered', sequence: place(2) } });
  });

  it('names what no hash can be made of', () => {
    const altered = { ...at(1), subject: '\ud800' };

    expect(walk([one, altered, three])).toMatchObject({
      faults: 1,
      firstFault: { kind: 'altered', sequence: place(2) },
    });
  });

  it('keeps no more than a hundred gaps, and counts all of them', () => {
    const many = sealedEvents(300).filter((_, index) => index % 2 === 0);

    const report = walk(many);

    expect(report.gaps).toHaveLength(100);
    expect(report.missing).toBe('149');
  });
});
