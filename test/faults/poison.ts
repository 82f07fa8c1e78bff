import { setTimeout as delay } from 'node:timers/promises';

import type { TestRedis } from '../support/redis.js';

/**
 * What somebody with access to Redis may write over every key of ours, again and again:
 * - `garbage`: what is no value at all
 * - `others`: the values of other keys of the same kind
 * - `forged`: a live session, as far as one can tell without our keys
 * - `kept`: each key's own value from when they came, live sessions with our own seal
 * - `wrong type`: lists
 */
export type Poison = 'garbage' | 'others' | 'forged' | 'kept' | 'wrong type';

const EVERY_MS = 20;
const LIFE_MS = 60_000;

/** Until `stop`, which tells how many values were written. */
export async function poison({ admin }: TestRedis, how: Poison): Promise<{ readonly stop: () => Promise<number> }> {
  const kept = new Map<string, string>();
  let written = 0;
  const stopped = new AbortController();
  const keys = (): Promise<string[]> => admin.keys('us:*');
  const read = async (key: string): Promise<string> => (await admin.get(key).catch(() => null)) ?? '';
  for (const key of await keys()) kept.set(key, await read(key));

  async function round(): Promise<void> {
    const names = await keys();
    const values = await Promise.all(names.map(read));
    await Promise.all(
      names.map(async (key, index) => {
        if (how === 'wrong type') {
          await admin.multi().del(key).rpush(key, 'a', 'b').pexpire(key, LIFE_MS).exec();
        } else {
          if (how === 'kept' && !kept.has(key)) kept.set(key, values[index] ?? '');
          await admin.set(key, valueFor(how, names, values, index, kept), 'PX', LIFE_MS);
        }
        written += 1;
      }),
    );
  }

  const poisoning = (async () => {
    while (!stopped.signal.aborted) {
      await round();
      await delay(EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await poisoning;
      return written;
    },
  };
}

function valueFor(
  how: Exclude<Poison, 'wrong type'>,
  names: readonly string[],
  values: readonly string[],
  index: number,
  kept: ReadonlyMap<string, string>,
): string {
  const own = values[index] ?? '';
  switch (how) {
    case 'garbage':
      return ['', '{', 'o', 'o{}', 'o{}.', '9'.repeat(400), '\u0000\uFFFF', 'x'.repeat(100_000)][index % 8] ?? '';
    case 'others':
      return values[(index + 1) % values.length] ?? own;
    case 'forged':
      return forged(own);
    case 'kept':
      return kept.get(names[index] ?? '') ?? own;
  }
}

/** Open, read just now, and with whatever seal the value had. */
function forged(value: string): string {
  const content = /^[eo](\{.*\})(\..*)$/.exec(value);
  if (content === null) return '1';
  const snapshot = JSON.parse(content[1] ?? '{}') as Record<string, unknown>;
  const live = {
    ...snapshot,
    state: 'open',
    readAt: Date.now(),
    lastSeenAt: Date.now(),
    expiresAt: Date.now() + LIFE_MS,
  };
  return `o${JSON.stringify(live)}${content[2] ?? ''}`;
}
