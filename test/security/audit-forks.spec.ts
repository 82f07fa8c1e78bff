import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { LaneReport, SealedAuditEvent } from '#platform/audit-chain';

import { TestLane } from '../../libs/platform/testing/sealed-events.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { freshEvent, freshEvents, freshLane } from '../support/sealed-lanes.js';

let service: TestAuditService;

beforeAll(async () => {
  service = await startAuditService();
});
afterAll(() => service.close());

async function laneReport(lane: number): Promise<LaneReport> {
  const { body } = await service.get('/api/v1/lanes');
  return (body['items'] as LaneReport[]).find((report) => report.lane === lane)!;
}
const place = (number: number): string => String(number).padStart(20, '0');

describe('AU-10 Of a sender whose chain forks the Audit Service', () => {
  it('refuses an event that it has already, sealed at a place that another event holds', async () => {
    const lane = freshLane();
    const [first, second] = [freshEvent(), freshEvent()];
    await service.send([lane.seal(first), lane.seal(second)]);
    // What a sender does that was restored to an earlier point, and seals in another order.
    const restored = new TestLane(lane.lane);
    const fork = [restored.seal(second), restored.seal(first)];

    for (const answer of [await service.send(fork), await service.send(fork)]) {
      expect(answer.body).toMatchObject({
        accepted: 0,
        duplicates: 0,
        rejected: fork.map(({ id }) => ({ id, code: 'sequence_conflict' })),
      });
    }
    expect(await laneReport(lane.lane)).toMatchObject({ count: 2, refused: 0, chainOk: true });
    expect(service.logText()).toContain('"event":"audit_chain_forked"');
    const { text } = await service.get('/metrics', {});
    expect(Number(/^audit_receiver_conflicts_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(4);
  });

  it('refuses all of a chain that does not go on where the lane ends, in whatever batches it comes', async () => {
    const lane = freshLane();
    const ids = (events: readonly SealedAuditEvent[]) => events.map(({ id }) => ({ id, code: 'sequence_conflict' }));
    await service.send(freshEvents(2, lane));
    const fork = freshEvents(6, new TestLane(lane.lane));

    expect((await service.send(fork.slice(2, 4))).body).toMatchObject({ accepted: 0, rejected: ids(fork.slice(2, 4)) });
    expect((await service.send(fork.slice(4))).body).toMatchObject({ accepted: 0, rejected: ids(fork.slice(4)) });
    expect((await service.send(fork)).body).toMatchObject({ accepted: 0, duplicates: 0, rejected: ids(fork) });
    // Its places are known, so whoever walks along the lane sees where it forked.
    expect(await laneReport(lane.lane)).toMatchObject({
      count: 2,
      chainOk: false,
      firstFault: { kind: 'unlinked', sequence: place(3), eventId: fork[2]!.id },
    });
    // The chain itself goes on.
    const next = freshEvents(2, lane);
    expect((await service.send(next)).body).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    expect((await service.send(fork.slice(4))).body).toMatchObject({ accepted: 0, rejected: ids(fork.slice(4)) });
  });

  it('refuses an event for a gap whose other side is the successor of another', async () => {
    const lane = freshLane();
    const first = freshEvent();
    const batch = [lane.seal(first), ...freshEvents(2, lane)];
    await service.send([batch[0]]);
    await service.send([batch[2]]);
    const other = new TestLane(lane.lane);
    const [, filler] = [other.seal(first), other.seal(freshEvent())];

    expect((await service.send([filler])).body['rejected']).toMatchObject([{ code: 'sequence_conflict' }]);
    expect((await service.send([batch[1]])).body).toMatchObject({ accepted: 1 });
    expect(await laneReport(lane.lane)).toMatchObject({ count: 3, chainOk: true });
  });
});
