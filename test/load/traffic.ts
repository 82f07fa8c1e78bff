import { setTimeout as delay } from 'node:timers/promises';

import { quantile, quantileOf, type Estimate } from '../support/statistics.js';
import { PASSWORD, post, type Stage } from './stage.js';

export interface Pace {
  /** Sign-ups. */
  readonly perSecond: number;
  /** So many sign-ups for one sign-in. */
  readonly perSignIn: number;
  readonly seconds: number;
}

/** Sign-ins that begin within so much time share what happens meanwhile. */
const BLOCK_MS = 5_000;

/** What came of some traffic. */
export class Observed {
  /** Milliseconds of sign-ins that were answered 200, by the time in which they began. */
  readonly blocks: number[][] = [];
  signUps = 0;
  refusedSignIns = 0;
  refusedSignUps = 0;

  /** Together with what was seen at another time. */
  with(other: Observed): Observed {
    const both = new Observed();
    both.blocks.push(...this.blocks, ...other.blocks);
    both.signUps = this.signUps + other.signUps;
    both.refusedSignIns = this.refusedSignIns + other.refusedSignIns;
    both.refusedSignUps = this.refusedSignUps + other.refusedSignUps;
    return both;
  }

  get refused(): number {
    return this.refusedSignIns + this.refusedSignUps;
  }

  get p99(): Estimate {
    return quantileOf(this.blocks, 0.99);
  }

  /** The words of a row, below `Observed.HEAD`. */
  get row(): string[] {
    const { value, low, high } = this.p99;
    return [
      `${quantile(this.blocks.flat(), 0.5).toFixed(0)} ms`,
      `${value.toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)})`,
      `${this.blocks.flat().length}, ${this.refusedSignIns} refused`,
      `${this.signUps}, ${this.refusedSignUps} refused`,
    ];
  }

  static readonly HEAD = ['p50', 'p99 (95 %)', 'sign-ins', 'sign-ups'];
}

/** Sign-ups and sign-ins that begin at fixed times, whatever became of those before them. */
export async function traffic(
  { origin, addresses }: Stage,
  { perSecond, perSignIn, seconds }: Pace,
  isOver: () => boolean = () => false,
): Promise<Observed> {
  const seen = new Observed();
  const calls: Promise<void>[] = [];
  const begun = performance.now();
  for (let call = 0; call < perSecond * seconds && !isOver(); call += 1) {
    await delay(Math.max(0, begun + (call * 1_000) / perSecond - performance.now()));
    calls.push(signUp(origin, seen));
    if (call % perSignIn > 0) continue;
    const block = (seen.blocks[Math.floor((call * 1_000) / perSecond / BLOCK_MS)] ??= []);
    calls.push(signIn(origin, addresses[(call / perSignIn) % addresses.length] ?? '', block, seen));
  }
  await Promise.all(calls);
  return seen;
}

async function signUp(origin: string, seen: Observed): Promise<void> {
  const email = `${crypto.randomUUID()}@example.com`;
  if ((await statusOf(`${origin}/api/v1/auth/register`, email)) === 202) seen.signUps += 1;
  else seen.refusedSignUps += 1;
}

async function signIn(origin: string, email: string, block: number[], seen: Observed): Promise<void> {
  const at = performance.now();
  if ((await statusOf(`${origin}/api/v1/auth/login`, email)) === 200) block.push(performance.now() - at);
  else seen.refusedSignIns += 1;
}

/** 0 for a request without an answer. */
function statusOf(url: string, email: string): Promise<number> {
  return post(url, { email, password: PASSWORD }).then(
    ({ status }) => status,
    () => 0,
  );
}
