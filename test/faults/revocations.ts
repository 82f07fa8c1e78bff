import { setTimeout as delay } from 'node:timers/promises';

import type { SignedIn } from '../support/api-client.js';
import { waitFor } from '../support/wait.js';
import type { Instance, Stage } from './stage.js';

const POLL_MS = 50;
/** After which nobody waits any longer for an end to take effect. */
const PATIENCE_MS = 10_000;
/** How often the token is shown after it was refused for the first time: a session that is dead stays dead. */
const MORE = 2;

/** What somebody outside saw of one session that was ended. */
export interface Revocation {
  readonly session: SignedIn;
  /** What the sign-out was answered. */
  readonly status: number;
  /** What the instance that ended it answered to its token right after. */
  readonly there: number;
  /** From the answer to the sign-out until the last request that another instance let through. Milliseconds. */
  readonly lateMs: number;
  /** Every status with which the other one refused it. */
  readonly refusals: readonly number[];
}

/** Ends a session on one instance while its token is in use on the other. */
export async function revoke({ instances }: Stage, session: SignedIn, on: 0 | 1 = 0): Promise<Revocation> {
  const { accessToken } = session;
  const here = instances[on];
  const other = instances[on === 0 ? 1 : 0];
  // On a busy machine PostgreSQL may answer too late to say so at once.
  const isLive = async (): Promise<boolean> => (await other.api.me(accessToken)).status === 200;
  await waitFor(isLive, { what: 'the session to be live on the other instance' });
  const { status } = await here.api.logout(accessToken);
  const ended = performance.now();
  const [there, watched] = await Promise.all([here.api.me(accessToken), watch(other, accessToken, ended)]);
  return { session, status, there: there.status, ...watched };
}

async function watch(
  { api }: Instance,
  accessToken: string,
  ended: number,
): Promise<Pick<Revocation, 'lateMs' | 'refusals'>> {
  let lateMs = 0;
  const refusals: number[] = [];
  while (refusals.length <= MORE && performance.now() - ended < PATIENCE_MS) {
    const at = performance.now();
    const { status } = await api.me(accessToken);
    if (status === 200) lateMs = at - ended;
    else refusals.push(status);
    await delay(POLL_MS);
  }
  return { lateMs, refusals };
}

/** All of them, some at a time, on both instances in turn. */
export async function revokeAll(stage: Stage, sessions: readonly SignedIn[], atOnce: number): Promise<Revocation[]> {
  const queue = sessions.map((session, index) => ({ session, on: (index % 2) as 0 | 1 }));
  const done: Revocation[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      done.push(await revoke(stage, next.session, next.on));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done;
}

/** The status with which both instances refuse these tokens now. */
export async function stillRefused({ instances }: Stage, sessions: readonly SignedIn[]): Promise<number[]> {
  const answers = sessions.flatMap(({ accessToken }) => instances.map(({ api }) => api.me(accessToken)));
  return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
}

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
}
