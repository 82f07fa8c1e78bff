import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 15;

/** Polls until the condition holds or the time is up, and says which of the two it was. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
