import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { CircuitBreaker, type BreakerState } from './circuit-breaker.js';

const THRESHOLD = 5;
const RETRY_MS = 1_000;

let isWell: boolean;
let probes: number;
let states: BreakerState[];
let breaker: CircuitBreaker;

const fail = (times: number): void => {
  for (let i = 0; i < times; i++) breaker.failed();
};

describe('The circuit breaker', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    isWell = false;
    probes = 0;
    states = [];
    breaker = new CircuitBreaker({
      threshold: THRESHOLD,
      retryAfterMs: RETRY_MS,
      probe: () => {
        probes += 1;
        return isWell ? Promise.resolve() : Promise.reject(new Error('still ill'));
      },
      onChange: (state) => {
        states.push(state);
      },
    });
  });

  afterEach(() => {
    breaker.stop();
    jest.useRealTimers();
  });

  it('opens after five failures in a row, and not before', () => {
    fail(THRESHOLD - 1);
    breaker.succeeded();
    fail(THRESHOLD - 1);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    fail(3);
    expect(states).toEqual(['open']);
  });

  it('tries again by itself each second, and closes with the first attempt that goes well', async () => {
    fail(THRESHOLD);
    await jest.advanceTimersByTimeAsync(RETRY_MS - 1);
    expect(probes).toBe(0);
    await jest.advanceTimersByTimeAsync(1 + RETRY_MS);
    expect([probes, breaker.state]).toEqual([2, 'open']);
    isWell = true;
    await jest.advanceTimersByTimeAsync(RETRY_MS);
    expect([probes, breaker.state]).toEqual([3, 'closed']);
    await jest.advanceTimersByTimeAsync(10 * RETRY_MS);
    expect(probes).toBe(3);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'open', 'half_open', 'closed']);
  });

  it('is not closed by an answer that was late', () => {
    fail(THRESHOLD);
    breaker.succeeded();
    expect(breaker.state).toBe('open');
  });

  it('needs five failures again after it was closed', async () => {
    fail(THRESHOLD);
    isWell = true;
    await jest.advanceTimersByTimeAsync(RETRY_MS);
    fail(THRESHOLD - 1);
    expect(breaker.state).toBe('closed');
  });

  it('is closed at once by a new connection, whatever the probe under way says', async () => {
    fail(THRESHOLD);
    jest.advanceTimersByTime(RETRY_MS);
    breaker.reset();
    await jest.advanceTimersByTimeAsync(5 * RETRY_MS);
    expect([probes, breaker.state]).toEqual([1, 'closed']);
  });

  it('leaves nothing behind when it is stopped', async () => {
    fail(THRESHOLD);
    breaker.stop();
    await jest.advanceTimersByTimeAsync(5 * RETRY_MS);
    expect([probes, breaker.state]).toEqual([0, 'open']);
  });
});
