import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { auditEvent as event, sealedEvents } from '../../testing/sealed-events.js';
import {
  type AuditEvent,
  canonicalJson,
  type ChainBreak,
  ChainVerifier,
  EMPTY_LANE,
  FIRST_PREVHASH,
  formatSequence,
  hashIsRight,
  type LaneHead,
  sealedText,
  SealedAuditEvent,
  sealNext,
} from './index.js';

const LANE = 3;

const chainOf = (count: number): SealedAuditEvent[] => sealedEvents(count, LANE);

function verify(events: readonly SealedAuditEvent[], from?: LaneHead): ChainVerifier {
  const verifier = new ChainVerifier(LANE, from);
  for (const each of events) verifier.next(each);
  return verifier;
}

describe('Canonical JSON', () => {
  it('is that of the example of RFC 8785 §3.2.2', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };

    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('refuses what has none', () => {
    expect(() => canonicalJson({ text: '\ud800' })).toThrow('surrogate');
    expect(() => canonicalJson({ number: Number.NaN })).toThrow('NaN');
  });
});

describe('A sealed event', () => {
  it('has a hash of its predecessor and of all of itself but the hash', () => {
    const prevhash = createHash('sha256').update('before').digest();
    const { text, head } = sealNext(event(7), LANE, { sequence: 41n, hash: prevhash });
    const { hash, ...rest } = SealedAuditEvent.parse(JSON.parse(text));

    expect(rest).toEqual({
      ...event(7),
      lane: LANE,
      sequence: '00000000000000000042',
      prevhash: prevhash.toString('base64url'),
    });
    const expected = createHash('sha256').update(prevhash).update(canonicalJson(rest)).digest();
    expect(hash).toBe(expected.toString('base64url'));
    expect(head).toEqual({ sequence: 42n, hash: expected });
    // Made again, it is the same text.
    expect(sealedText(event(7), { lane: LANE, prevhash, ...head })).toBe(text);
  });

  it('is the same text whatever the order of its members was', () => {
    const shuffled = Object.fromEntries(Object.entries(event(1)).reverse()) as unknown as AuditEvent;

    expect(sealNext(shuffled, LANE, EMPTY_LANE)).toEqual(sealNext(event(1), LANE, EMPTY_LANE));
  });

  it('is the first of its lane with sequence 1 and 32 zero bytes before it', () => {
    const [first] = chainOf(1);

    expect(first?.sequence).toBe(formatSequence(1n));
    expect(first?.prevhash).toBe(FIRST_PREVHASH.toString('base64url'));
  });

  it.each(['subject', 'time', 'type', 'lane', 'sequence', 'id'] as const)(
    'no longer has the right hash when its %s changes',
    (member) => {
      const [sealed] = chainOf(1);
      if (sealed === undefined) throw new Error('no event');

      expect(hashIsRight(sealed)).toBe(true);
      expect(hashIsRight({ ...sealed, [member]: 'something else' })).toBe(false);
    },
  );
});

describe('A chain', () => {
  it('is whole when every event follows the one before it', () => {
    const verifier = verify(chainOf(50));

    expect(verifier.broken).toBeUndefined();
    expect(verifier.head.sequence).toBe(50n);
  });

  it('can be proven from any event on whose predecessor is known', () => {
    const events = chainOf(20);
    const half = verify(events.slice(0, 10)).head;

    expect(verify(events.slice(10), half).broken).toBeUndefined();
    expect(verify(events.slice(11), half).broken).toMatchObject({ kind: 'gap', sequence: 11n });
  });

  it('names the first position that is not proven', () => {
    const events = chainOf(10);
    const altered = events.with(4, { ...events[4], subject: 'user/somebody-else' } as SealedAuditEvent);
    const hash = Buffer.from(events[4]?.prevhash ?? '', 'base64url');
    const resealed = sealNext(event(5, { requestId: 'another' }), LANE, { sequence: 4n, hash });
    const replaced = events.with(4, SealedAuditEvent.parse(JSON.parse(resealed.text)));
    const id = (number: number): string => event(number).id;

    const broken: ChainBreak = { kind: 'altered', lane: LANE, sequence: 5n, eventId: id(5) };
    expect(verify(altered).broken).toEqual(broken);
    expect(verify(events.toSpliced(4, 1)).broken).toEqual({ kind: 'gap', lane: LANE, sequence: 5n, eventId: id(6) });
    expect(verify(replaced).broken).toEqual({ kind: 'unlinked', lane: LANE, sequence: 6n, eventId: id(6) });
    expect(verify(events.slice(1)).broken).toEqual({ kind: 'gap', lane: LANE, sequence: 1n, eventId: id(2) });
    expect(verify([...events, ...events.slice(9)]).broken).toMatchObject({ kind: 'repeated', sequence: 11n });
    expect(new ChainVerifier(LANE + 1).next(events[0] as SealedAuditEvent)).toBe(false);
  });
});
