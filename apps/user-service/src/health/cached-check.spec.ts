import { describe, expect, it } from '@jest/globals';
import { CachedCheck } from './cached-check.js';
import { UP, degraded, down, type DependencyState } from './dependency-state.js';

describe('A cached check', () => {
  it('asks the dependency once, however many probes come at once, and again after its time', async () => {
    let asked = 0;
    let answer: (state: DependencyState) => void = () => undefined;
    const ask = () => {
      asked += 1;
      return new Promise<DependencyState>((resolve) => (answer = resolve));
    };
    const check = new CachedCheck(ask, down('unreachable'), 60_000, 1_000);
    const probes = Array.from({ length: 50 }, () => check.get());
    answer(UP);
    expect(new Set(await Promise.all(probes))).toEqual(new Set([UP]));
    await check.get();
    expect(asked).toBe(1);
    check.forget();
    const again = check.get();
    answer(degraded('slow'));
    expect(await again).toEqual(degraded('slow'));
    expect(asked).toBe(2);
  });

  it('answers in time when the dependency hangs, and without its words when it fails', async () => {
    const hanging = new CachedCheck(() => new Promise(() => undefined), down('unreachable'), 1_000, 20);
    expect(await hanging.get()).toEqual({ status: 'down', reason: 'unreachable' });
    const failing = new CachedCheck(
      () => Promise.reject(new Error('db.internal:5432')),
      down('unreachable'),
      1_000,
      20,
    );
    expect(await failing.get()).toEqual({ status: 'down', reason: 'unreachable' });
  });
});
