import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

import { ChainVerifier, SealedAuditEvent } from '#platform/audit-chain';

/** What the stub does with a batch. */
export const STUB_MODES = [
  'ok',
  'down',
  '500',
  '429',
  'slow',
  'hang',
  // Stores all, and answers when it becomes something else.
  'hold',
  // Stores the first half, and fails.
  'partial',
  // Stores all, and loses the answer.
  'drop',
  // Takes three events at once.
  '413',
  '401',
  'garbage',
  'redirect',
  // Refuses one event in seven for good.
  'reject',
  // Refuses whole batches that hold a poisonous event.
  'poison',
] as const;
export type StubMode = (typeof STUB_MODES)[number];

const SLOW_MS = 700;
const MOST_AT_ONCE = 3;

interface Stored {
  readonly event: SealedAuditEvent;
  readonly digest: string;
  /** Refused by the last answer; its place in the chain is noted all the same. */
  rejected: boolean;
  /** How often it came again. */
  repeated: number;
}

/** What the stub has seen; `violations` is empty while the sender keeps its promises. */
export interface StubReport {
  /** `repeated`: events that came again, as often as they did. */
  readonly lanes: Readonly<
    Record<string, { readonly count: number; readonly whole: boolean; readonly repeated: number }>
  >;
  readonly stored: number;
  readonly rejected: number;
  readonly requests: number;
  readonly events: number;
  readonly violations: readonly string[];
}

interface Delivery {
  readonly texts: readonly string[];
  readonly response: ServerResponse;
  readonly store: (texts: readonly string[], rejected?: boolean) => void;
  readonly url: string;
  readonly isPoison: (event: SealedAuditEvent) => boolean;
  /** The mode is another one. */
  readonly changed: Promise<unknown>;
}

/** What is special about a mode; true when that was the answer. */
const REACTIONS: Partial<Record<StubMode, (delivery: Delivery) => boolean | Promise<boolean>>> = {
  hang: async ({ response }) => {
    await once(response, 'close');
    return true;
  },
  slow: () => delay(SLOW_MS, false),
  hold: async ({ texts, response, store, changed }) => {
    store(texts);
    await changed;
    return json(response, 202, { accepted: texts.length, duplicates: 0, rejected: [] });
  },
  500: ({ response }) => json(response, 500, {}),
  401: ({ response }) => json(response, 401, { title: 'no' }),
  429: ({ response }) => json(response, 429, {}, { 'retry-after': '1' }),
  garbage: ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
    return true;
  },
  redirect: ({ response, url }) => {
    response.writeHead(307, { location: `${url}/elsewhere` }).end();
    return true;
  },
  partial: ({ texts, response, store }) => {
    store(texts.slice(0, Math.ceil(texts.length / 2)));
    return json(response, 500, {});
  },
  drop: ({ texts, response, store }) => {
    store(texts);
    response.destroy();
    return true;
  },
  413: ({ texts, response }) => texts.length > MOST_AT_ONCE && json(response, 413, {}),
  poison: ({ texts, response, store, isPoison }) => {
    if (!texts.some((text) => isPoison(parse(text)))) return false;
    if (texts.length === 1) store(texts, true);
    return json(response, 422, { code: 'poison', detail: 'one of them' });
  },
};

/** A receiver that misbehaves as told, remembers everything, and holds the sender to the contract. */
export class AuditStub {
  mode: StubMode = 'ok';
  /** Makes `poison` refuse. */
  isPoison: (event: SealedAuditEvent) => boolean = () => false;
  readonly #byId = new Map<string, Stored>();
  readonly #byPlace = new Map<string, string>();
  readonly #violations: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #change = new EventEmitter().setMaxListeners(0);
  /** When each request came, by the monotonic clock. */
  readonly arrivals: number[] = [];
  /** Ids in the order in which they were stored. */
  readonly order: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  #events = 0;
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<AuditStub> {
    const stub = new AuditStub();
    await stub.open();
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Everything that was stored and is not refused, in the order of its arrival. */
  get events(): SealedAuditEvent[] {
    return this.order.flatMap((id) => {
      const stored = this.#byId.get(id);
      return stored === undefined || stored.rejected ? [] : [stored.event];
    });
  }

  async become(mode: StubMode): Promise<void> {
    this.mode = mode;
    this.#change.emit('mode');
    if (mode === 'down') await this.close();
    else if (this.#server === undefined) await this.open();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  report(): StubReport {
    const lanes: Record<string, { count: number; whole: boolean; repeated: number }> = {};
    const stored = [...this.#byId.values()];
    for (const [lane, events] of Map.groupBy(stored, ({ event }) => event.lane)) {
      const verifier = new ChainVerifier(lane);
      events.sort((a, b) => a.event.sequence.localeCompare(b.event.sequence));
      const whole = events.every(({ event }) => verifier.next(event));
      lanes[lane] = { count: events.length, whole, repeated: events.reduce((sum, { repeated }) => sum + repeated, 0) };
      if (!whole) this.#violations.push(`lane ${lane}: ${verifier.broken?.kind} at ${verifier.broken?.sequence}`);
    }
    return {
      lanes,
      stored: stored.filter(({ rejected }) => !rejected).length,
      rejected: stored.filter(({ rejected }) => rejected).length,
      requests: this.arrivals.length,
      events: this.#events,
      violations: this.#violations,
    };
  }

  private async open(): Promise<void> {
    const server = createServer((request, response) => {
      void this.answer(request, response).catch((error: unknown) => {
        if (!response.destroyed) this.#violations.push(`stub: ${String(error)}`);
        response.destroy();
      });
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { mode } = this;
    this.arrivals.push(performance.now());
    this.headers.push(request.headers);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the sender was killed
    }
    if (request.url !== '/api/v1/events') this.#violations.push(`${request.method} ${request.url} was asked`);
    const texts = this.textsOf(request, Buffer.concat(chunks));
    this.#events += texts.length;
    await this.react(mode, texts, response);
  }

  private async react(mode: StubMode, texts: readonly string[], response: ServerResponse): Promise<void> {
    const react = REACTIONS[mode];
    const store = (some: readonly string[], rejected = false): void => {
      for (const text of some) this.store(text, rejected);
    };
    const changed = mode === 'hold' ? once(this.#change, 'mode') : Promise.resolve();
    const isDone = await react?.({ texts, response, store, url: this.url, isPoison: this.isPoison, changed });
    if (isDone !== true) this.receive(texts, mode === 'reject', response);
  }

  private receive(texts: readonly string[], rejects: boolean, response: ServerResponse): void {
    let accepted = 0;
    let duplicates = 0;
    const rejected: { id: string; code: string; detail: string }[] = [];
    for (const text of texts) {
      const { id } = parse(text);
      const refuse = rejects && !this.#byId.has(id) && Number.parseInt(id.slice(-4), 16) % 7 === 0;
      if (refuse) rejected.push({ id, code: 'not_wanted', detail: 'by the stub' });
      if (this.store(text, refuse)) accepted += refuse ? 0 : 1;
      else duplicates += 1;
    }
    json(response, 202, { accepted, duplicates, rejected });
  }

  /** False when it was there. */
  private store(text: string, rejected = false): boolean {
    const event = parse(text);
    const digest = createHash('sha256').update(text).digest('hex');
    const known = this.#byId.get(event.id);
    if (known !== undefined) {
      if (known.digest !== digest) this.#violations.push(`AU-03 ${event.id} came back changed`);
      const wasRejected = known.rejected;
      known.rejected = rejected;
      known.repeated += 1;
      return wasRejected && !rejected;
    }
    const place = `${event.lane}/${event.sequence}`;
    const other = this.#byPlace.get(place);
    if (other !== undefined) this.#violations.push(`${place} was given to ${other} and to ${event.id}`);
    this.#byPlace.set(place, event.id);
    this.#byId.set(event.id, { event, digest, rejected, repeated: 0 });
    this.order.push(event.id);
    return true;
  }

  /** Each event as its own bytes: an equal id must come with equal bytes. */
  private textsOf({ headers }: IncomingMessage, body: Buffer): string[] {
    const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
    const events = (JSON.parse(text) as unknown[]).map((event) => JSON.stringify(event));
    const parsed = events.map(parse);
    if (new Set(parsed.map(({ lane }) => lane)).size !== 1) this.#violations.push('a batch of several lanes');
    parsed.forEach(({ sequence }, index) => {
      const before = parsed[index - 1];
      if (before !== undefined && before.sequence >= sequence) this.#violations.push('a batch out of order');
    });
    return events;
  }
}

function parse(text: string): SealedAuditEvent {
  return SealedAuditEvent.parse(JSON.parse(text));
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  return true;
}
