import type { SealedAuditEvent } from '#platform/audit-chain';

import { auditEvent, TestLane } from '../../libs/platform/testing/sealed-events.js';

// The examples of the description stand in lane 3.
let lanes = 10;
let ids = 0;

/** A lane that no other test of the file uses. */
export function freshLane(): TestLane {
  lanes += 1;
  return new TestLane(lanes);
}

/** An event with an id of its own, not sealed yet. */
export function freshEvent(more: object = {}): ReturnType<typeof auditEvent> {
  ids += 1;
  return { ...auditEvent(ids), ...more };
}

/** Events that follow each other in a lane, by default one of their own. */
export function freshEvents(count: number, lane = freshLane(), more: object = {}): SealedAuditEvent[] {
  return Array.from({ length: count }, () => lane.seal(freshEvent(more)));
}
