import { setTimeout as delay } from 'node:timers/promises';

import { signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import type { Instance, Stage } from './stage.js';

export type Kind = 'me' | 'verify' | 'refresh' | 'sign-in' | 'write' | 'live';

/** One answer, as a client saw it. */
export interface Seen {
  readonly kind: Kind;
  /** Which instance was asked. */
  readonly instance: number;
  /** When it was asked, by the monotonic clock of the test. */
  readonly at: number;
  readonly tookMs: number;
  /** 0: the connection was lost. */
  readonly status: number;
  /** Of the problem document. */
  readonly code: string;
  readonly hasRetryAfter: boolean;
}

export interface Clients {
  /** Read their profiles, each on both instances in turn. */
  readonly readers?: readonly SignedIn[];
  /** Exchange their refresh tokens, one after the other; each of them only here. */
  readonly refreshers?: readonly SignedIn[];
  /** Sign in again and again. */
  readonly addresses?: readonly string[];
  /** Change their names. */
  readonly writers?: readonly SignedIn[];
  /** A gateway asks about the tokens of the readers with this key. */
  readonly gatewayKey?: string;
}

/** Milliseconds between two requests of one client: some 150 requests a second in all, which leaves two cores room. */
const PAUSES: Readonly<Record<Kind, number>> = {
  me: 60,
  verify: 60,
  refresh: 150,
  'sign-in': 400,
  write: 150,
  live: 40,
};

/** By name, as in `tally`. */
export const SERVED = /^20[04]$/;
/** So often that each client was on both instances. */
const SETTLED = 10;

type Call = (instance: Instance) => Promise<Answer>;

/** Clients that go on whatever they are answered, and write all of it down. */
export class Load {
  readonly seen: Seen[] = [];
  readonly #clients: Promise<void>[] = [];
  #running = true;

  constructor(
    private readonly stage: Stage,
    { readers = [], refreshers = [], addresses = [], writers = [], gatewayKey }: Clients,
  ) {
    for (const { accessToken } of readers) {
      this.go('me', ({ api }) => api.me(accessToken));
      if (gatewayKey === undefined) continue;
      const headers = { 'x-api-key': gatewayKey };
      this.go('verify', ({ api }) => api.get('/api/v1/gateway/verify', { token: accessToken, headers }));
    }
    for (const user of refreshers) this.go('refresh', chain(user.refreshToken));
    for (const email of addresses) this.go('sign-in', ({ api }) => api.login(email));
    for (const { accessToken } of writers) {
      let count = 0;
      this.go('write', ({ api }) => api.patchMe(accessToken, { displayName: `change ${(count += 1)}` }));
    }
    stage.instances.forEach((instance, index) => {
      this.go('live', () => instance.api.get('/health/live'), index);
    });
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  /** Waits until each kind of client that is there was answered this many times more. */
  async answers(count: number): Promise<void> {
    const from = performance.now();
    const kinds = new Set(this.seen.map(({ kind }) => kind));
    const all = (): boolean => [...kinds].every((kind) => this.since(from, kind).length >= count);
    while (!all()) await delay(20);
  }

  /** What is asked until there are so many more answers of each kind. */
  async next(count: number, ...kinds: readonly Kind[]): Promise<Seen[]> {
    const from = performance.now();
    await this.answers(count);
    return this.since(from, ...kinds);
  }

  /** Waits until everybody has been served for a while: caches are filled and connections are there. */
  async served(): Promise<void> {
    let from: number;
    do {
      from = performance.now();
      await this.answers(SETTLED);
    } while (answersBut(SERVED, this.since(from)).length > 0);
  }

  since(from: number, ...kinds: readonly Kind[]): Seen[] {
    return this.between(from, Infinity, ...kinds);
  }

  /** What was asked in this time; all kinds but the probe unless told. */
  between(from: number, to: number, ...kinds: readonly Kind[]): Seen[] {
    const wanted = kinds.length === 0 ? ['me', 'verify', 'refresh', 'sign-in', 'write'] : kinds;
    return this.seen.filter(({ kind, at }) => at >= from && at < to && wanted.includes(kind));
  }

  /** What was asked and answered in this time: nothing that had the chance to wait for its end. */
  within(from: number, to: number, ...kinds: readonly Kind[]): Seen[] {
    return this.between(from, to, ...kinds).filter(({ at, tookMs }) => at + tookMs < to);
  }

  private go(kind: Kind, call: Call, only?: number): void {
    this.#clients.push(this.run(kind, call, only));
  }

  private async run(kind: Kind, call: Call, only: number | undefined): Promise<void> {
    // Spread, so that not all of them ask at the same moment.
    let turn = this.#clients.length;
    await delay((turn * 17) % PAUSES[kind]);
    while (this.#running) {
      const instance = only ?? turn++ % 2;
      const at = performance.now();
      const answer = await call(this.stage.instances[instance as 0 | 1]).catch(() => undefined);
      const tookMs = performance.now() - at;
      const { status, code, hasRetryAfter } = readAnswer(answer);
      this.seen.push({ kind, instance, at, tookMs, status, code, hasRetryAfter });
      await delay(Math.max(0, PAUSES[kind] - tookMs));
    }
  }
}

function readAnswer(answer: Answer | undefined): Pick<Seen, 'status' | 'code' | 'hasRetryAfter'> {
  if (answer === undefined) return { status: 0, code: '', hasRetryAfter: false };
  const { status, body, headers } = answer;
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  return { status, code: isProblem ? String(body['code']) : '', hasRetryAfter: headers.has('retry-after') };
}

/** Each answer's token is used next; without an answer the same one again, as an honest client does. */
function chain(first: string): Call {
  let token = first;
  return async ({ api }) => {
    const answer = await api.refresh(token);
    if (answer.status === 200) token = signedIn(answer).refreshToken;
    return answer;
  };
}

/** How often each status and code was answered: `{ '200': 31, '503 dependency_unavailable': 4 }`. */
export function tally(seen: readonly Seen[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of seen) {
    const name = `${status} ${code}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** What else was answered than was allowed, by name as in `tally`. */
export function answersBut(allowed: RegExp, seen: readonly Seen[]): string[] {
  return Object.keys(tally(seen)).filter((name) => !allowed.test(name));
}

export function slowest(seen: readonly Seen[]): number {
  return Math.max(0, ...seen.map(({ tookMs }) => tookMs));
}
