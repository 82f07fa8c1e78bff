import { describe, expect, it } from '@jest/globals';

import { HashGate, Overloaded } from './hash-gate.js';

function manual() {
  const finish: (() => void)[] = [];
  return { finish, work: () => new Promise<void>((resolve) => finish.push(resolve)) };
}

describe('PW-12 The hash gate', () => {
  it('runs as many hashes as it may, queues a bounded number in order and refuses the rest at once', async () => {
    const gate = new HashGate({ concurrency: 2, queueLimit: 3, maxWaitMs: 5_000 });
    const { finish, work } = manual();
    const order: number[] = [];
    const calls = [0, 1, 2, 3, 4].map((n) => gate.run(work).then(() => order.push(n)));

    await expect(gate.run(work)).rejects.toBeInstanceOf(Overloaded);
    expect(gate.stats).toEqual({ active: 2, queued: 3, rejected: 1 });
    expect(() => {
      gate.refuseIfFull();
    }).toThrow(Overloaded);

    while (order.length < 5) {
      finish.shift()?.();
      await new Promise(setImmediate);
      expect(gate.stats.active).toBeLessThanOrEqual(2);
    }
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    gate.refuseIfFull();
    expect(gate.stats).toEqual({ active: 0, queued: 0, rejected: 2 });
  });

  it('refuses a call that waited too long and gives its place to nobody twice', async () => {
    const gate = new HashGate({ concurrency: 1, queueLimit: 5, maxWaitMs: 10 });
    const { finish, work } = manual();
    const first = gate.run(work);

    await expect(gate.run(work)).rejects.toBeInstanceOf(Overloaded);
    finish.shift()?.();
    await first;
    expect(gate.stats).toEqual({ active: 0, queued: 0, rejected: 1 });
  });

  it('frees its slot when a hash fails', async () => {
    const gate = new HashGate({ concurrency: 1, queueLimit: 1, maxWaitMs: 1_000 });

    await expect(gate.run(() => Promise.reject(new Error('bad salt')))).rejects.toThrow('bad salt');
    await expect(gate.run(() => Promise.resolve('fine'))).resolves.toBe('fine');
  });

  it('leaves a core to the event loop while that is busy, and takes it back', async () => {
    const loop = { busy: true, isBusy: () => loop.busy };
    const gate = new HashGate({ concurrency: 3, queueLimit: 9, maxWaitMs: 5_000 }, loop);
    const { finish, work } = manual();
    const calls = Array.from({ length: 5 }, () => gate.run(work));

    expect(gate.stats).toMatchObject({ active: 2, queued: 3 });
    loop.busy = false;
    finish.shift()?.();
    await calls[0];
    expect(gate.stats).toMatchObject({ active: 3, queued: 1 });
    loop.busy = true;
    finish.shift()?.();
    await calls[1];
    expect(gate.stats).toMatchObject({ active: 2, queued: 1 });
    while (finish.length > 0) {
      finish.shift()?.();
      await new Promise(setImmediate);
    }
    await Promise.all(calls);
    expect(gate.stats).toEqual({ active: 0, queued: 0, rejected: 0 });
  });

  it('hashes on a single core, however busy', async () => {
    const gate = new HashGate({ concurrency: 1, queueLimit: 0, maxWaitMs: 1 }, { isBusy: () => true });

    await expect(gate.run(() => Promise.resolve('hashed'))).resolves.toBe('hashed');
  });
});
