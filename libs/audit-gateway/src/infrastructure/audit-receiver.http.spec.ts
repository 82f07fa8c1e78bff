import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Batch } from '../domain/delivery.js';
import { HttpAuditReceiver } from './audit-receiver.http.js';

const TIMEOUT_MS = 500;

interface Asked {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let server: Server;
let origin: string;
let receiver: HttpAuditReceiver;
let asked: Asked[];
let connections: number;
let answer: (response: ServerResponse) => void;

const batchOf = (count: number, length = 2): Batch => ({
  id: 'batch',
  lane: 3,
  ageSeconds: 0,
  events: Array.from({ length: count }, (_, index) => ({
    id: `event-${index}`,
    sequence: BigInt(index + 1),
    text: JSON.stringify('x'.repeat(length - 2)),
  })),
});
const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  answer = (response) => response.writeHead(status, headers).end(JSON.stringify(body));
};

beforeEach(async () => {
  asked = [];
  connections = 0;
  json(202, { accepted: 1, duplicates: 0, rejected: [] });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      answer(response);
    });
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver = new HttpAuditReceiver({ url: `${origin}/audit/`, apiKey: 'key', timeoutMs: TIMEOUT_MS });
});
afterEach(async () => {
  await receiver.close();
  server.closeAllConnections();
  server.close();
});

describe('A batch on its way to the Audit Service', () => {
  it('goes below the base, with its id, its type and the key, and over connections that are kept', async () => {
    for (let count = 0; count < 20; count += 1) await receiver.send(batchOf(1));
    await Promise.all(Array.from({ length: 12 }, () => receiver.send(batchOf(1))));

    expect(connections).toBeLessThanOrEqual(4);
    expect(asked).toHaveLength(32);
    expect(asked[0]).toMatchObject({
      url: '/audit/api/v1/events',
      headers: {
        'content-type': 'application/cloudevents-batch+json',
        'x-api-key': 'key',
        'idempotency-key': 'batch',
      },
    });
  });

  it('is packed by gzip when it is larger than 1 KiB, and not when it is as large', async () => {
    // With the two brackets.
    await receiver.send(batchOf(1, 1_022));
    await receiver.send(batchOf(1, 1_023));
    const [small, large] = asked as [Asked, Asked];

    expect([small.headers['content-encoding'], small.body.length]).toEqual([undefined, 1_024]);
    expect([large.headers['content-encoding'], gunzipSync(large.body).length]).toEqual(['gzip', 1_025]);
  });
});

describe('A 202', () => {
  const rejection = (id: string) => ({ id, code: 'not_wanted', detail: 'no' });

  it('that accounts for every event is a receipt', async () => {
    json(202, { accepted: 1, duplicates: 1, rejected: [rejection('event-2')] });

    expect(await receiver.send(batchOf(3))).toMatchObject({
      status: 202,
      receipt: { accepted: 1, duplicates: 1, rejected: [{ eventId: 'event-2', code: 'not_wanted', detail: 'no' }] },
    });
  });

  it.each<[string, unknown]>([
    ['for fewer events', { accepted: 2, duplicates: 0, rejected: [] }],
    ['for more events', { accepted: 3, duplicates: 1, rejected: [] }],
    ['with a number below zero', { accepted: 4, duplicates: -1, rejected: [] }],
    ['for an event that it was not sent', { accepted: 2, duplicates: 0, rejected: [rejection('event-9')] }],
    ['for one event twice', { accepted: 1, duplicates: 0, rejected: [rejection('event-1'), rejection('event-1')] }],
    ['without numbers', {}],
    ['of another form', [3, 0, []]],
    ['longer than an answer can be', { accepted: 3, duplicates: 0, rejected: [], more: 'x'.repeat(2 ** 20) }],
  ])('%s is none, so that nothing is removed for it', async (_what, body) => {
    json(202, body);

    expect(await receiver.send(batchOf(3))).not.toHaveProperty('receipt');
  });

  it('that is no JSON is none', async () => {
    answer = (response) => response.writeHead(202).end('{"accepted":3,');

    expect(await receiver.send(batchOf(3))).not.toHaveProperty('receipt');
  });
});

describe('Whatever else comes back', () => {
  it('asks for patience in seconds or with a date (RFC 9110 §10.2.3)', async () => {
    json(429, {}, { 'retry-after': '17' });
    expect(await receiver.send(batchOf(1))).toMatchObject({ status: 429, retryAfterSeconds: 17 });
    json(503, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterSeconds } = (await receiver.send(batchOf(1))) as { retryAfterSeconds: number };
    expect(Math.abs(retryAfterSeconds - 59)).toBeLessThan(5);
    json(503, {}, { 'retry-after': 'soon' });
    expect(await receiver.send(batchOf(1))).not.toHaveProperty('retryAfterSeconds');
  });

  it('is not followed to another place: the key and the events stay here', async () => {
    json(307, {}, { location: `${origin}/elsewhere` });

    expect(await receiver.send(batchOf(1))).toMatchObject({ status: 307 });
    expect(asked.map(({ url }) => url)).toEqual(['/audit/api/v1/events']);
  });

  it('is kept for people as plain text of some length', async () => {
    json(422, { code: 'bad', detail: `a\u0000b\u001b[31m${'x'.repeat(1_000)}` });
    const { detail } = (await receiver.send(batchOf(1))) as { detail: string };

    expect(detail).toMatch(/^bad: a b \[31mx+$/);
    expect(detail).toHaveLength(500);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['no answer', () => undefined],
    ['half of one', (response) => void response.writeHead(202).write('{"accepted":')],
  ])('%s is a time-out, when the time of an attempt is over', async (_what, behave) => {
    answer = behave;
    const begun = performance.now();

    expect(await receiver.send(batchOf(1))).toEqual({ kind: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS + 3_000);
  });

  it('or nothing, where nobody listens, somebody hangs up, or the attempt is cut off, is told apart from that', async () => {
    answer = (response) => response.destroy();
    expect(await receiver.send(batchOf(1))).toEqual({ kind: 'unreachable' });
    answer = () => undefined;
    const cut = receiver.send(batchOf(1));
    await receiver.close();
    expect(await cut).toEqual({ kind: 'unreachable' });
    const nowhere = new HttpAuditReceiver({ url: 'http://127.0.0.1:9', apiKey: undefined, timeoutMs: TIMEOUT_MS });
    expect(await nowhere.send(batchOf(1))).toEqual({ kind: 'unreachable' });
    await nowhere.close();
  });
});
