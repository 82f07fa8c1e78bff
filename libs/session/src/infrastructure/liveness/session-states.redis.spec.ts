import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Keyring } from '#platform/crypto';
import type { Redis } from '#platform/redis';

import { NOW, SESSION_ID } from '../../../testing/builders.js';
import { aSnapshot, timerClock } from '../../../testing/liveness-fakes.js';
import type { SessionSnapshot } from './session-snapshot.js';
import { RedisSessionStates } from './session-states.redis.js';

const OTHER = '01938a6e-0000-7000-8000-00000000dddd';

type RedisCommands = Parameters<Parameters<Redis['call']>[0]>[0];

/** One server's memory; anybody may write to it. */
class Memory {
  readonly values = new Map<string, string>();
  readonly published: [string, string][] = [];
  configured = true;
  connectedSince: number | undefined = NOW.getTime() - 3_600_000;
  down = false;
  listener: (sessionId: string) => void = () => undefined;

  readonly commands = {
    get: async (key: string) => this.values.get(key) ?? null,
    set: async (key: string, value: string) => void this.values.set(key, value),
    run: async (_script: unknown, [key]: [string], [value]: [string]) => void this.values.set(key, value),
  } as unknown as RedisCommands;

  key(space: string, id: string): string {
    return `${space}:${id}`;
  }

  async call<T>(work: (commands: RedisCommands) => Promise<T>): Promise<T> {
    if (this.down) throw new Error('redis down');
    return work(this.commands);
  }

  async publish(channel: string, message: string): Promise<void> {
    if (this.down) throw new Error('redis down');
    this.published.push([channel, message]);
  }

  subscribe(_channel: string, listener: (sessionId: string) => void): void {
    this.listener = listener;
  }
}

const keyringOf = (byte: number): Keyring =>
  new Keyring({
    dataEncryptionKeys: [{ kid: 'test', key: Buffer.alloc(32, 1) }],
    blindIndexKey: Buffer.alloc(32, byte),
  });

let memory: Memory;
let states: RedisSessionStates;
const statesWith = (byte: number): RedisSessionStates =>
  new RedisSessionStates(memory as unknown as Redis, timerClock, keyringOf(byte));
const keyOf = (id: string): string => memory.key('session', id);
const valueOf = (snapshot: SessionSnapshot, by = states): string => {
  by.keep(SESSION_ID, snapshot);
  return memory.values.get(keyOf(SESSION_ID))!;
};
const readValue = (value: string): Promise<SessionSnapshot | null | undefined> => {
  memory.values.set(keyOf(SESSION_ID), value);
  return states.read(SESSION_ID);
};

beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  memory = new Memory();
  states = statesWith(2);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('The states of sessions in Redis', () => {
  it.each(['open', 'suspended', 'ended', 'ended_idle'] as const)('come back as they were kept: %s', async (state) => {
    states.keep(SESSION_ID, aSnapshot({ state }));

    expect(await states.read(SESSION_ID)).toEqual(aSnapshot({ state }));
    expect(await statesWith(2).read(SESSION_ID)).toEqual(aSnapshot({ state }));
    expect(await states.read(OTHER)).toBeNull();
  });

  it('count for a minute', async () => {
    states.keep(SESSION_ID, aSnapshot());
    jest.advanceTimersByTime(60_000);
    expect(await states.read(SESSION_ID)).not.toBeNull();

    jest.advanceTimersByTime(1);
    expect(await states.read(SESSION_ID)).toBeNull();
  });

  it('count for a minute as well when the account does not let the session be used', async () => {
    states.keep(SESSION_ID, aSnapshot({ state: 'suspended' }));
    jest.advanceTimersByTime(60_001);

    expect(await states.read(SESSION_ID)).toBeNull();
  });

  it('are nothing when they are from the future', async () => {
    expect(await readValue(valueOf(aSnapshot({ readAt: NOW.getTime() + 1 })))).toBeNull();
  });

  it('of before the connection are nothing: Redis may have been put back to an old snapshot', async () => {
    const value = valueOf(aSnapshot({ readAt: NOW.getTime() - 5_000 }));
    memory.connectedSince = NOW.getTime() - 5_000;
    expect(await readValue(value)).not.toBeNull();

    memory.connectedSince = NOW.getTime() - 4_999;
    expect(await readValue(value)).toBeNull();
  });

  it('that a session has ended counts from before the connection too: that is never undone', async () => {
    const value = valueOf(aSnapshot({ state: 'ended', readAt: NOW.getTime() - 50_000 }));
    memory.connectedSince = NOW.getTime();

    expect(await readValue(value)).toMatchObject({ state: 'ended' });
  });

  it('are not known without a connection, which is another thing than that there is none', async () => {
    states.keep(SESSION_ID, aSnapshot());
    memory.connectedSince = undefined;

    expect(await states.read(SESSION_ID)).toBeUndefined();
  });

  it('are not known while Redis is down, and nobody hears of it', async () => {
    memory.down = true;
    states.keep(SESSION_ID, aSnapshot());
    states.tellEnded(SESSION_ID);

    expect(await states.read(SESSION_ID)).toBeUndefined();
  });

  it('that somebody else wrote are nothing', async () => {
    const sealed = valueOf(aSnapshot({ roles: ['user'] }));
    const mac = sealed.slice(sealed.lastIndexOf('.'));

    for (const forged of [
      sealed.replace('"user"', '"admin"'),
      sealed.replace('"rememberMe":false', '"rememberMe":true'),
      `o${JSON.stringify(aSnapshot())}`,
      `o${JSON.stringify(aSnapshot())}.`,
      `o${JSON.stringify(aSnapshot({ roles: ['admin'] }))}${mac}`,
      `${sealed}A`,
      sealed.slice(0, -4),
      valueOf(aSnapshot(), statesWith(3)),
    ]) {
      expect(await readValue(forged)).toBeNull();
    }
    expect(await readValue(sealed)).not.toBeNull();
  });

  it('of one session are nothing for another', async () => {
    const value = valueOf(aSnapshot());
    memory.values.set(keyOf(OTHER), value);

    expect(await states.read(OTHER)).toBeNull();
  });

  it.each(['', '.', 'o', 'null', '{}', '\u0000\u00ff', 'o{"state":"open"}.AAAA', 'x'.repeat(100_000)])(
    'are nothing when they are garbage: %#',
    async (garbage) => {
      expect(await readValue(garbage)).toBeNull();
    },
  );

  it('begin with whether they are an end, which the script asks for', () => {
    expect(valueOf(aSnapshot())).toMatch(/^o\{/);
    expect(valueOf(aSnapshot({ state: 'suspended' }))).toMatch(/^o\{/);
    expect(valueOf(aSnapshot({ state: 'ended' }))).toMatch(/^e\{/);
    expect(valueOf(aSnapshot({ state: 'ended_idle' }))).toMatch(/^e\{/);
  });

  it('hold nothing personal', () => {
    expect(valueOf(aSnapshot())).not.toMatch(/kim|203\.0\.113|Mozilla|노트북/);
  });

  it('are told of by messages that name the session alone', () => {
    const heard: string[] = [];
    states.onEnded((id) => heard.push(id));
    states.tellEnded(SESSION_ID);
    memory.listener(SESSION_ID);

    expect(memory.published).toEqual([[expect.any(String), SESSION_ID]]);
    expect(heard).toEqual([SESSION_ID]);
  });

  it('are neither kept nor told of where there is no Redis', async () => {
    memory.configured = false;
    memory.connectedSince = undefined;
    states.keep(SESSION_ID, aSnapshot());
    states.tellEnded(SESSION_ID);

    expect(memory.values.size).toBe(0);
    expect(memory.published).toEqual([]);
    expect(await states.read(SESSION_ID)).toBeUndefined();
  });
});
