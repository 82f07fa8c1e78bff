import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import { LoopLoad } from './loop-load.js';

describe('PW-12 The load of the event loop', () => {
  it('is that of the last window, whoever asks in between', () => {
    let now = 0;
    let utilization = 0.95;
    const load = new LoopLoad(
      () => ({ idle: 0, active: 0, utilization }),
      () => now,
    );

    expect(load.isBusy()).toBe(false);
    now = 100;
    expect(load.isBusy()).toBe(true);
    utilization = 0.5;
    now = 199;
    expect(load.isBusy()).toBe(true);
    now = 200;
    expect(load.isBusy()).toBe(false);
  });

  it('sees a loop that never rests, and one that does', async () => {
    const load = new LoopLoad();
    const until = performance.now() + 150;
    while (performance.now() < until) await setImmediate();
    expect(load.isBusy()).toBe(true);

    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(load.isBusy()).toBe(false);
  });
});
