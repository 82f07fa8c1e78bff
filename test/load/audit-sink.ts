import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { inputOf, tell } from './child.js';

// An Audit Service that does as little as it can: it counts what it is sent, and takes it.

const unzip = promisify(gunzip);
const ONE = '"specversion"';

/**
 * `POST /become/<mode>`: `healthy`, `down`, `slow`, which takes so long for each batch, or `checked?<time>`, which looks
 * whether events that were made by that time come in their order; `GET /order` says what it saw.
 */
const SLOW_MS = 3_000;

/** Of the events that were made by a time, since it was told to look. */
export interface OrderSeen {
  events: number;
  /** That did not come next in their lane. */
  misplaced: number;
  /** Milliseconds that an event was older than one which had come before it. */
  behindMs: number;
}

class Order {
  readonly seen: OrderSeen = { events: 0, misplaced: 0, behindMs: 0 };
  readonly #last = new Map<number, bigint>();
  #youngest = 0;

  constructor(private readonly until: number) {}

  look(text: string): void {
    for (const { lane, sequence, time } of JSON.parse(text) as { lane: number; sequence: string; time: string }[]) {
      const at = Date.parse(time);
      const last = this.#last.get(lane);
      this.#last.set(lane, BigInt(sequence));
      if (at > this.until) continue;
      this.seen.events += 1;
      if (last !== undefined && BigInt(sequence) !== last + 1n) this.seen.misplaced += 1;
      this.#youngest = Math.max(this.#youngest, at);
      this.seen.behindMs = Math.max(this.seen.behindMs, this.#youngest - at);
    }
  }
}

inputOf<object>();
let mode = 'healthy';
let order = new Order(0);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void (async () => {
      const [, become, until] = /^\/become\/(\w+)\??(\d*)$/.exec(request.url ?? '') ?? [];
      if (become !== undefined) {
        mode = become;
        order = new Order(Number(until));
        response.end();
        return;
      }
      if (request.url === '/order') {
        response.end(JSON.stringify(order.seen));
        return;
      }
      if (mode === 'down') {
        request.socket.destroy();
        return;
      }
      if (mode === 'slow') await delay(SLOW_MS);
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? await unzip(body) : body).toString('latin1');
      if (mode === 'checked') order.look(text);
      let accepted = 0;
      for (let at = text.indexOf(ONE); at >= 0; at = text.indexOf(ONE, at + 1)) accepted += 1;
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ accepted, duplicates: 0, rejected: [] }));
    })();
  });
});
server.listen(0, '127.0.0.1', () => {
  tell({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
