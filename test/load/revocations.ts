/** How long another instance still accepts a session after one has acknowledged its end. */
import { startRedis } from '../support/redis.js';
import { PASSWORD, post, startStage, type Stage } from './stage.js';

export interface RevocationDelay {
  readonly how: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const TOO_LONG_MS = 10_000;

async function accessToken({ origin, addresses }: Stage, index: number): Promise<string> {
  const email = addresses[index % addresses.length];
  const { status, body } = await post(`${origin}/api/v1/auth/login`, { email, password: PASSWORD });
  if (status !== 200) throw new Error(`A sign-in was answered ${status}`);
  return String(body['accessToken']);
}

/** Milliseconds from the acknowledged sign-out on the first instance to the first refusal by the second. */
async function delayOf(stage: Stage, second: string, index: number): Promise<number> {
  const headers = { authorization: `Bearer ${await accessToken(stage, index)}` };
  const me = async (): Promise<number> => {
    const answer = await fetch(`${second}/api/v1/users/me`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  if ((await me()) !== 200) throw new Error('The second instance does not know the session');
  const { status } = await fetch(`${stage.origin}/api/v1/auth/logout`, { method: 'POST', headers });
  if (status !== 204) throw new Error(`A sign-out was answered ${status}`);
  const acknowledged = performance.now();
  for (;;) {
    const waited = performance.now() - acknowledged;
    if ((await me()) === 401) return waited;
    if (waited > TOO_LONG_MS) throw new Error('A revoked session is still accepted');
  }
}

function summary(how: string, delays: number[]): RevocationDelay {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { how, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** With Redis, and after it was killed. */
export async function timeRevocations(count: number): Promise<RevocationDelay[]> {
  const redis = await startRedis();
  const stage = await startStage({ redisUrl: redis.url });
  try {
    const second = await stage.another();
    const measure = async (how: string): Promise<RevocationDelay> => {
      const delays: number[] = [];
      for (let index = 0; index < count; index += 1) delays.push(await delayOf(stage, second, index));
      return summary(how, delays);
    };
    const healthy = await measure('with Redis');
    await redis.kill();
    return [healthy, await measure('without Redis')];
  } finally {
    await stage.stop();
    await redis.stop();
  }
}
