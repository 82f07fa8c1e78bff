import { EMPTY_LANE, SealedAuditEvent, sealNext, type AuditEvent, type LaneHead } from '#platform/audit-chain';

/** An event that is not sealed yet; ids follow the number, so that one is easily told from another. */
export function auditEvent(number: number, more: object = {}): AuditEvent {
  return {
    specversion: '1.0',
    id: `01938a6e-0000-7000-8000-${String(number).padStart(12, '0')}`,
    source: '/user-service',
    type: 'session.login_succeeded',
    subject: 'user/01938a6e-0000-7000-8000-00000000aaaa',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: 'https://id.example.com/schemas/audit/v1',
    data: { outcome: 'success', actor: { type: 'anonymous' }, ...more },
  };
}

/** Seals events one after another, as a lane does. */
export class TestLane {
  #head: LaneHead = EMPTY_LANE;

  constructor(readonly lane: number) {}

  seal(event: AuditEvent): SealedAuditEvent {
    const { text, head } = sealNext(event, this.lane, this.#head);
    this.#head = head;
    return JSON.parse(text) as SealedAuditEvent;
  }
}

/** The first `count` events of a lane. */
export function sealedEvents(count: number, lane = 3): SealedAuditEvent[] {
  const sealing = new TestLane(lane);
  return Array.from({ length: count }, (_, index) => sealing.seal(auditEvent(index + 1)));
}
