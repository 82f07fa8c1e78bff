/**
 * Load for paths that answer faster than a full HTTP client can ask: keep-alive connections, one request at a time on
 * each, and no more parsing than it takes to see where an answer ends and whether it is the expected one.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

import { inputOf, tell } from './child.js';

export interface FloodJob {
  readonly origin: string;
  /** Everything but `Host` and what the body needs. */
  readonly headers: Readonly<Record<string, string>>;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  /** One refresh token for each connection: every answer brings the next. Takes the place of `body`. */
  readonly refreshTokens?: readonly string[];
  /** A file with a token in each line; each is used once, and the load ends with the last one. */
  readonly tokenFile?: string;
  readonly tokensGo?: 'as bearer' | 'in a form';
  readonly connections: number;
  readonly seconds: number;
  readonly expected: number;
}

export interface FloodResult {
  readonly rate: number;
  readonly others: number;
  /** What the connections hold at the end. */
  readonly refreshTokens: readonly string[];
}

const job = inputOf<FloodJob>();
const { hostname, port, host } = new URL(job.origin);
const deadline = performance.now() + job.seconds * 1_000;
const tokens = [...(job.refreshTokens ?? [])];
const once = job.tokenFile === undefined ? undefined : readFileSync(job.tokenFile, 'utf8').split('\n');
let expected = 0;
let others = 0;

const fixed = Object.entries(job.headers).map(([name, value]) => `${name}: ${value}\r\n`);
const head = `${job.method} ${job.path} HTTP/1.1\r\nhost: ${host}\r\n${fixed.join('')}`;

/** Undefined when there is nothing left to ask. */
function request(connection: number): string | undefined {
  if (performance.now() >= deadline) return undefined;
  if (once !== undefined) {
    const token = once.pop();
    if (token === undefined) return undefined;
    return job.tokensGo === 'in a form' ? withBody(`token=${token}`) : `${head}authorization: Bearer ${token}\r\n\r\n`;
  }
  const held = tokens[connection];
  return withBody(held === undefined ? job.body : JSON.stringify({ refreshToken: held }));
}

function withBody(body: string | undefined): string {
  return body === undefined ? `${head}\r\n` : `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Where the first answer in `text` ends; 0 while it has not arrived whole. */
function endOf(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const at = text.indexOf('content-length: ');
  const length = at < 0 || at > headEnd ? 0 : Number.parseInt(text.slice(at + 16, at + 24), 10);
  const end = headEnd + 4 + length;
  return text.length >= end ? end : 0;
}

function take(connection: number, answer: string): void {
  if (Number(answer.slice(9, 12)) !== job.expected) {
    others += 1;
    return;
  }
  expected += 1;
  if (tokens[connection] === undefined) return;
  const at = answer.indexOf('"refreshToken":"') + 16;
  tokens[connection] = answer.slice(at, answer.indexOf('"', at));
}

function load(connection: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname);
    let received = '';
    socket.setNoDelay(true);
    const ask = (): void => {
      const text = request(connection);
      if (text === undefined) socket.end();
      else socket.write(text);
    };
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const end = endOf(received);
      if (end === 0) return;
      take(connection, received);
      received = received.slice(end);
      ask();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      resolve();
    });
  });
}

// Never asleep: waking a sleeping client costs a server more than its answer does, and the faster of two servers, which
// keeps its client awake, would not pay for that.
let isDone = false;
function stayAwake(): void {
  if (!isDone) setImmediate(stayAwake);
}
stayAwake();
const started = performance.now();
await Promise.all(Array.from({ length: job.connections }, (_, connection) => load(connection)));
const seconds = (performance.now() - started) / 1_000;
isDone = true;
tell({ rate: expected / seconds, others, refreshTokens: tokens } satisfies FloodResult);
