/** libuv's own number of threads. */
const DEFAULT_THREADS = 4;
/** For files, logs and the names of hosts, which go through the same threads. */
const OTHER_WORK = 2;

/**
 * Makes room for that many hashes at once in libuv's thread pool. Call it before anything has used the pool, which reads
 * this variable at its first use. What the operator has set stays.
 */
export function sizeThreadPool(hashes: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(DEFAULT_THREADS, hashes + OTHER_WORK));
}
