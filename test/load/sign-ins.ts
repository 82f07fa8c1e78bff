/** Everybody signs in at once, again and again; whoever is told to wait, waits. */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { inputOf, tell } from './child.js';

export interface SignInsJob {
  readonly origin: string;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  readonly clients: number;
  readonly seconds: number;
}

export interface SignInsResult {
  /** By status; 0 is a request without an answer. */
  readonly answers: Readonly<Record<number, number>>;
  /** Refusals (429, 503) that do not say when to come back. */
  readonly withoutRetryAfter: number;
  readonly slowestMs: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: number | undefined;
}

const { origin, bodies, clients, seconds } = inputOf<SignInsJob>();
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const url = new URL('/api/v1/auth/login', origin);
const deadline = performance.now() + seconds * 1_000;
const answers: Record<number, number> = {};
let withoutRetryAfter = 0;
let slowestMs = 0;

function signIn(body: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      const after = answer.headers['retry-after'];
      answer.resume().once('close', () => {
        resolve({ status: answer.statusCode ?? 0, retryAfter: after === undefined ? undefined : Number(after) });
      });
    });
    sent.once('error', () => {
      resolve({ status: 0, retryAfter: undefined });
    });
    sent.end(body);
  });
}

async function keepSigningIn(client: number): Promise<void> {
  while (performance.now() < deadline) {
    const started = performance.now();
    const { status, retryAfter } = await signIn(bodies[client % bodies.length] ?? '');
    slowestMs = Math.max(slowestMs, performance.now() - started);
    answers[status] = (answers[status] ?? 0) + 1;
    const refused = status === 429 || status === 503;
    if (refused && retryAfter === undefined) withoutRetryAfter += 1;
    if (refused) await delay(Math.min((retryAfter ?? 1) * 1_000, Math.max(0, deadline - performance.now())));
  }
}

await Promise.all(Array.from({ length: clients }, (_, client) => keepSigningIn(client)));
tell({ answers, withoutRetryAfter, slowestMs } satisfies SignInsResult);
