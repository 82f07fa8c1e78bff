import { getPriority } from 'node:os';

import { describe, expect, it } from '@jest/globals';

import { yieldToEventLoop } from './hash-threads.js';

describe('PW-12 The threads that hash', () => {
  it('give way to the event loop, where threads have priorities', async () => {
    const own = getPriority();
    // A run that was itself started with a low priority cannot raise that of its threads.
    const possible = process.platform === 'linux' && own <= 5;

    expect((await yieldToEventLoop()) > 0).toBe(possible);
    expect(getPriority()).toBe(own);
  });
});
