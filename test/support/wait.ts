import { waitUntil } from '../../apps/local/src/wait-until.js';

export interface WaitOptions {
  /** Milliseconds; 10 s unless told. */
  readonly timeoutMs?: number;
  /** What is waited for, for the message of a failure. */
  readonly what?: string;
}

/**
 * Polls until the condition yields something truthy, and returns that. A condition that throws has not come true
 * yet; what it threw last is the cause of the failure.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions = {}): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, what = 'the condition' } = options;
  let value: T | undefined;
  let cause: unknown;
  const met = await waitUntil(async () => {
    try {
      value = await condition();
      cause = undefined;
    } catch (error) {
      value = undefined;
      cause = error;
    }
    return Boolean(value);
  }, timeoutMs);
  if (!met || value === undefined || value === null) {
    throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`, { cause });
  }
  return value;
}
