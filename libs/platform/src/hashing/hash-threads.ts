import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

// libuv's own name for them, since its version 1.50.
const WORKER = 'libuv-worker';
const TASKS = '/proc/self/task';
// A tenth of the event loop's weight (sched(7)): with a third, sign-ins take more than two thirds of the rate of others.
const NICE = 10;

/**
 * Lets the event loop go first wherever it competes with hashes for a core: Linux gives every thread a priority of its
 * own, and anybody may lower theirs. Without it as many hashes as cores leave other requests a tenth of their rate.
 * Elsewhere, and without /proc, nothing happens. Returns how many threads give way now.
 */
export async function yieldToEventLoop(): Promise<number> {
  // Of a process that has less, and may raise it, the hashes would go first.
  if (getPriority() >= NICE) return 0;
  // Reading is itself work for these threads, so they exist by now.
  const threads = await readdir(TASKS).catch(() => []);
  const workers = await Promise.all(threads.map(isWorker));
  return threads.filter((thread, index) => workers[index] === true && lower(Number(thread))).length;
}

async function isWorker(thread: string): Promise<boolean> {
  const name = await readFile(`${TASKS}/${thread}/comm`, 'utf8').catch(() => '');
  return name.trim() === WORKER;
}

function lower(thread: number): boolean {
  try {
    setPriority(thread, NICE);
    return true;
  } catch {
    return false;
  }
}
