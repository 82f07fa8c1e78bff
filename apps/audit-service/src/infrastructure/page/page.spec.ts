import { describe, expect, it } from '@jest/globals';

import { LaneWalk, type LaneReport, type SealedAuditEvent } from '#platform/audit-chain';

import { sealedEvents } from '../../../../../libs/platform/testing/sealed-events.js';
import { renderPage, type PageView } from './page.js';
import { PAGE_TEXTS } from './texts.js';

const VERIFIED_AT = new Date('2026-01-01T00:00:00Z');

function reportOf(events: readonly object[]): LaneReport {
  const walk = new LaneWalk(3);
  for (const event of events) walk.add({ event });
  return walk.report;
}

function render(more: Partial<PageView>): string {
  return renderPage({
    texts: PAGE_TEXTS.en,
    question: { live: false },
    states: { chainOk: true, verifiedAt: VERIFIED_AT, lanes: [reportOf(sealedEvents(2))] },
    events: sealedEvents(2),
    hasOlder: false,
    docs: undefined,
    ...more,
  });
}

describe('The page of the Audit Service', () => {
  it('says that all is well only when it was proven', () => {
    const lanes = [reportOf(sealedEvents(2))];

    expect(render({})).toContain('<h1>All chains are whole</h1>');
    expect(render({ states: { chainOk: true, verifiedAt: null, lanes } })).toContain('<h1>Proving the chains …</h1>');
    expect(render({ states: { chainOk: true, verifiedAt: VERIFIED_AT, lanes: [] }, events: [] })).toContain(
      '<h1>No event yet</h1>',
    );
  });

  it('says that a chain is broken as soon as that is known', () => {
    const broken = reportOf(sealedEvents(40).filter((_, index) => index % 2 === 0));
    const page = render({ states: { chainOk: false, verifiedAt: null, lanes: [broken] } });

    expect(page).toContain('<h1>A chain is broken</h1>');
    expect(page).toContain('Missing at 2');
    expect(page).toContain('Gaps: 2, 4, 6, 8, 10 …');
  });

  it('shows every event, whatever was made of it', () => {
    const odd = [{}, { time: 7, type: null, data: 'text', lane: [], sequence: {} }, { data: { outcome: '<b>' } }];

    const page = render({ events: odd as unknown as SealedAuditEvent[] });

    expect(page.match(/<details>/g)).toHaveLength(3);
    expect(page).not.toContain('<b></b>');
    expect(page).not.toContain('<b><');
  });

  it.each(['en', 'ko'] as const)('has a text for everything that can be wrong, in %s', (code) => {
    const { faults, outcomes } = PAGE_TEXTS[code];

    expect(Object.keys(faults)).toEqual(['gap', 'altered', 'reordered', 'duplicate', 'unlinked', 'wrong_lane']);
    expect(Object.keys(outcomes)).toEqual(['success', 'failure', 'denied']);
  });

  it('keeps what was asked for in its links', () => {
    const page = render({ question: { type: 'a.b', subject: 'user/1&2', live: true }, hasOlder: true });

    expect(page).toContain('?lang=ko&amp;type=a.b&amp;subject=user%2F1%262&amp;live=1');
    expect(page).toContain(`before=${sealedEvents(2)[1]!.id}`);
    expect(page).toContain('<meta http-equiv="refresh" content="5"');
  });
});
