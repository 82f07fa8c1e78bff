import { getPriority } from 'node:os';

import { describe, expect, it } from '@jest/globals';

import { yieldToEventLoop } from './hash-threads.js';

describe('PW-12 The threads that hash', () => {
  it('give way to the event loop, where threads have priorities', async () => {
    const own = getPriority();
    // In a run that was itself started with a low priority they would not give way, but go first.
    const possible = process.platform === 'linux' && own < 10;

    expect((await yieldToEventLoop()) > 0).toBe(possible);
    expect(getPriority()).toBe(own);
  });
});
