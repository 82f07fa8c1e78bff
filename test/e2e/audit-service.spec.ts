import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { sealNext, type LaneReport, type SealedAuditEvent } from '#platform/audit-chain';

import { auditEvent } from '../../libs/platform/testing/sealed-events.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { freshEvent, freshEvents, freshLane } from '../support/sealed-lanes.js';

let service: TestAuditService;
async function laneReport(lane: number): Promise<LaneReport> {
  const { body } = await service.get('/api/v1/lanes');
  return (body['items'] as LaneReport[]).find((report) => report.lane === lane)!;
}

async function stored(query: string): Promise<SealedAuditEvent[]> {
  return (await service.get(`/api/v1/events?${query}`)).body['items'] as SealedAuditEvent[];
}

const place = (number: number): string => String(number).padStart(20, '0');

beforeAll(async () => {
  service = await startAuditService();
});

afterAll(() => service.close());

describe('The Audit Service takes batches', () => {
  it('stores every event of a batch, and gives it back as it was sent', async () => {
    const batch = freshEvents(3);

    const answer = await service.send(batch);

    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ accepted: 3, duplicates: 0, rejected: [] });
    const last = await stored('order=desc&limit=3');
    expect(last.reverse()).toEqual(batch);
  });

  it('takes 500 events packed by gzip', async () => {
    const batch = freshEvents(500);

    expect((await service.send(batch, { packed: true })).body).toEqual({ accepted: 500, duplicates: 0, rejected: [] });
    expect(await laneReport(batch[0]!.lane)).toMatchObject({ count: 500, lastSequence: place(500), chainOk: true });
  });

  it('AU-03 counts what is there already as a duplicate, in whole, in part, and inside of one batch', async () => {
    const batch = freshEvents(4);
    await service.send(batch.slice(0, 3));

    expect((await service.send(batch)).body).toEqual({ accepted: 1, duplicates: 3, rejected: [] });
    expect((await service.send([batch[3], batch[3]])).body).toEqual({ accepted: 0, duplicates: 2, rejected: [] });
    expect(await laneReport(batch[0]!.lane)).toMatchObject({ count: 4, chainOk: true });
  });

  it('stores each event once when the same batch arrives ten times at once', async () => {
    const batch = freshEvents(20);

    const answers = await Promise.all(Array.from({ length: 10 }, () => service.send(batch)));

    const total = (name: string): number => answers.reduce((sum, { body }) => sum + Number(body[name]), 0);
    expect(total('accepted')).toBe(20);
    expect(total('duplicates')).toBe(180);
  });

  it('AU-05 refuses events one by one, keeps the others, and goes across them in the chain', async () => {
    const lane = freshLane();
    const [good, poison, other] = ['session.login_succeeded', 'NOT A TYPE', 'session.refreshed'].map((type) => {
      return lane.seal(freshEvent({ type }));
    });

    const answer = await service.send([good, poison, other]);

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(answer.body['rejected']).toEqual([
      { id: poison!.id, code: 'event_invalid', detail: expect.stringContaining('/type') },
    ]);
    expect(await laneReport(lane.lane)).toMatchObject({ count: 2, refused: 1, gaps: [], chainOk: true });
  });

  it('judges a refused event anew when the very same comes again, and refuses it again', async () => {
    const lane = freshLane();
    const poison = lane.seal(freshEvent({ type: 'NOT A TYPE' }));

    for (const answer of [await service.send([poison]), await service.send([poison])]) {
      expect(answer.body).toMatchObject({ accepted: 0, duplicates: 0, rejected: [{ code: 'event_invalid' }] });
    }
    expect(await laneReport(lane.lane)).toMatchObject({ count: 0, refused: 1, chainOk: true });
  });

  it('takes an event whole that it refused because of what happened to it on its way', async () => {
    const batch = freshEvents(3);
    const damaged = batch.map((event, index) => (index === 1 ? { ...event, type: 'session.logged_out' } : event));

    expect((await service.send(damaged)).body).toMatchObject({
      accepted: 2,
      rejected: [{ id: batch[1]!.id, code: 'hash_mismatch' }],
    });
    expect(await laneReport(batch[0]!.lane)).toMatchObject({ count: 2, refused: 1, chainOk: true });
    expect((await service.send([batch[1]])).body).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect(await laneReport(batch[0]!.lane)).toMatchObject({ count: 3, refused: 0, chainOk: true });
  });

  it('never lets an event take the id or the place of another', async () => {
    const subject = `user/${freshEvent().id}`;
    const batch = freshEvents(2, freshLane(), { subject });
    await service.send(batch);
    const head = { hash: Buffer.from(batch[1]!.hash, 'base64url') };
    const seal = (id: string, sequence: bigint): SealedAuditEvent =>
      JSON.parse(
        sealNext(freshEvent({ id, type: 'session.refreshed' }), batch[0]!.lane, { ...head, sequence: sequence - 1n })
          .text,
      ) as SealedAuditEvent;

    expect((await service.send([seal(batch[0]!.id, 3n)])).body['rejected']).toMatchObject([{ code: 'id_conflict' }]);
    expect((await service.send([seal(freshEvent().id, 2n)])).body['rejected']).toMatchObject([
      { code: 'sequence_conflict' },
    ]);
    expect(await stored(`subject=${subject}`)).toEqual(batch);
  });

  it('AU-04 counts an event that was sealed once more at another place as a duplicate, and goes across that place', async () => {
    const lane = freshLane();
    const fact = freshEvent();
    const [first, again, next] = [lane.seal(fact), lane.seal(fact), lane.seal(freshEvent())];
    await service.send([first]);

    expect((await service.send([again, next])).body).toEqual({ accepted: 1, duplicates: 1, rejected: [] });
    expect((await service.send([again])).body).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    expect(await laneReport(lane.lane)).toMatchObject({ count: 2, refused: 1, gaps: [], chainOk: true });
    // One fact altered: it is another event, and says so.
    const altered = lane.seal({ ...fact, type: 'session.logged_out' });
    expect((await service.send([altered])).body['rejected']).toMatchObject([{ code: 'id_conflict' }]);
  });

  it('refuses an event of more than 64 KiB, and one whose sequence PostgreSQL cannot hold', async () => {
    const lane = freshLane();
    const [small] = freshEvents(1, lane);
    const large = lane.seal(auditEvent(66_000, { details: { text: 'x'.repeat(66_000) } }));
    const far = { ...small, id: freshEvent().id, sequence: '99999999999999999999' };

    const { body } = await service.send([small, large, far]);

    expect(body).toMatchObject({ accepted: 1, rejected: [{ code: 'event_too_large' }, { code: 'event_invalid' }] });
  });
});

describe('The Audit Service refuses', () => {
  const codeOf = async (...args: Parameters<TestAuditService['send']>): Promise<string> => {
    const { status, body, headers } = await service.send(...args);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    return `${status} ${String(body['code'])}`;
  };

  it('whoever has no key, or another one, with 401 on every path of the API', async () => {
    expect(await codeOf(freshEvents(1), { key: 'wrong' })).toBe('401 api_key_invalid');
    for (const path of ['/api/v1/events', '/api/v1/lanes', '/api/v1/lanes/1/entries']) {
      expect((await service.get(path, {})).status).toBe(401);
      expect((await service.get(path, { 'x-api-key': service.key.slice(1) })).status).toBe(401);
    }
    expect((await service.post('/api/v1/lanes/verify', {})).status).toBe(401);
  });

  it('other media types with 415', async () => {
    expect(await codeOf(freshEvents(1), { type: 'application/json' })).toBe('415 unsupported_media_type');
  });

  it('what is no JSON with 400, and what is no list', async () => {
    expect(await codeOf('[{')).toBe('400 malformed_json');
    expect(await codeOf('{}')).toBe('400 validation_failed');
    expect(await codeOf('[{"id":"a","id":"b"}]')).toBe('400 malformed_json');
  });

  it('a batch of none, of events without an id, of several lanes or out of order with 422, and stores nothing of it', async () => {
    const [first, second] = freshEvents(2) as [SealedAuditEvent, SealedAuditEvent];

    expect(await codeOf([])).toBe('422 batch_invalid');
    expect(await codeOf([first, { type: 'x' }])).toBe('422 batch_invalid');
    expect(await codeOf([first, ...freshEvents(1)])).toBe('422 batch_mixed');
    expect(await codeOf([second, first])).toBe('422 batch_unordered');
    expect(await laneReport(first.lane)).toBeUndefined();
  });

  it('more than 500 events or 1 MiB with 413, and unpacks no more than that', async () => {
    expect(await codeOf(freshEvents(501))).toBe('413 payload_too_large');
    expect(await codeOf(`[${' '.repeat(2 ** 20)}]`)).toBe('413 payload_too_large');
    const bomb = gzipSync(Buffer.alloc(200_000_000, ' '));
    const before = process.memoryUsage().rss;
    const answer = await fetch(`${service.url}/api/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents-batch+json',
        'content-encoding': 'gzip',
        'x-api-key': service.key,
      },
      body: bomb,
    });
    expect(answer.status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('in Korean whoever reads Korean', async () => {
    const { body } = await service.get('/api/v1/lanes', { 'accept-language': 'ko' });
    expect(body['title']).toBe('사용할 수 없는 API 키');
  });
});

describe('The Audit Service is asked', () => {
  it('for the events of a subject and of a type', async () => {
    const subject = `user/${freshEvent().id}`;
    const lane = freshLane();
    const batch = [
      ...freshEvents(2, lane, { subject }),
      ...freshEvents(1, lane, { subject, type: 'session.logged_out' }),
      ...freshEvents(1, lane),
    ];
    await service.send(batch);

    expect(await stored(`subject=${subject}`)).toEqual(batch.slice(0, 3));
    expect(await stored(`subject=${subject}&type=session.logged_out`)).toEqual([batch[2]]);
    expect(await stored(`subject=${subject}&type=nobody.knows`)).toEqual([]);
  });

  it('page by page, forwards and backwards, and for what came since', async () => {
    const subject = `user/${freshEvent().id}`;
    const lane = freshLane();
    const batch = freshEvents(5, lane, { subject });
    await service.send(batch);
    const seen: SealedAuditEvent[] = [];
    let after = '';
    for (let pages = 0; pages < 3; pages += 1) {
      const { body } = await service.get(`/api/v1/events?subject=${subject}&limit=2${after}`);
      seen.push(...(body['items'] as SealedAuditEvent[]));
      after = `&after=${String(body['nextCursor'])}`;
    }
    expect(after).toBe('&after=null');
    expect(seen).toEqual(batch);
    expect(await stored(`subject=${subject}&order=desc&after=${batch[2]!.id}`)).toEqual([batch[1], batch[0]]);

    const now = new Date().toISOString();
    const later = freshEvents(1, lane, { subject });
    await service.send(later);
    expect(await stored(`subject=${subject}&after=${now}`)).toEqual(later);
  });

  it('and refuses what it does not know', async () => {
    for (const query of ['after=x', `after=${freshEvent().id}`, 'limit=501', 'limit=0', 'order=up', 'x=1']) {
      expect((await service.get(`/api/v1/events?${query}`)).body['code']).toBe('validation_failed');
    }
  });
});

describe('The lanes of the Audit Service', () => {
  it('show a gap as long as it is there', async () => {
    const batch = freshEvents(6);
    await service.send(batch.slice(0, 2));
    await service.send(batch.slice(4));

    expect(await laneReport(batch[0]!.lane)).toMatchObject({
      firstSequence: place(1),
      lastSequence: place(6),
      count: 4,
      missing: '2',
      gaps: [{ from: place(3), to: place(4) }],
      chainOk: false,
      firstFault: { kind: 'gap', sequence: place(3) },
    });
    await service.send(batch.slice(2, 4));
    expect(await laneReport(batch[0]!.lane)).toMatchObject({ count: 6, missing: '0', gaps: [], chainOk: true });
  });

  it('are read by a verifier of its own, page by page', async () => {
    const batch = freshEvents(5);
    await service.send(batch);
    const { lane } = batch[0]!;

    const first = await service.get(`/api/v1/lanes/${lane}/entries?limit=3`);
    const second = await service.get(`/api/v1/lanes/${lane}/entries?limit=3&after=${String(first.body['nextCursor'])}`);

    expect([first.body['items'], second.body['items']].flat()).toEqual(batch.map((event) => ({ event })));
    expect(second.body['nextCursor']).toBeNull();
  });
});
