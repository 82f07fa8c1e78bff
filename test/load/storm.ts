import { run } from './child.js';
import type { LoadJob, LoadResult } from './generator.js';
import type { ProbeJob, ProbeResult } from './probe.js';
import type { SignInsJob, SignInsResult } from './sign-ins.js';

export interface StormTarget {
  readonly origin: string;
  readonly accessToken: string;
  /** Bodies of sign-ins. */
  readonly bodies: readonly string[];
}

export interface Storm {
  readonly signIns: SignInsResult;
  readonly live: ProbeResult;
  /** `GET /users/me` per second, before and during the storm. */
  readonly undisturbed: number;
  readonly during: number;
}

const CLIENTS = 500;
// Enough that the service, and not the way there and back on a crowded machine, limits their rate: with few of them each
// turn of the event loop finds little to answer, whatever time there is.
const READERS = 64;

/** 500 clients sign in at once and go on doing so, while others read their profile and the orchestrator probes. */
export async function storm({ origin, accessToken, bodies }: StormTarget, seconds: number): Promise<Storm> {
  const reading: LoadJob = {
    ...{ origin, method: 'GET', path: '/api/v1/users/me', headers: { authorization: `Bearer ${accessToken}` } },
    ...{ connections: READERS, seconds, expected: 200 },
  };
  const read = async (): Promise<number> => (await run<LoadResult>('generator.ts', reading)).rate;
  const undisturbed = await read();
  const [signIns, live, during] = await Promise.all([
    run<SignInsResult>('sign-ins.ts', { origin, bodies, clients: CLIENTS, seconds } satisfies SignInsJob),
    run<ProbeResult>('probe.ts', { url: `${origin}/health/live`, seconds } satisfies ProbeJob),
    read(),
  ]);
  return { signIns, live, undisturbed, during };
}
