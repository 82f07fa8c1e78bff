const FIRST_SECONDS = 1;
const CAP_SECONDS = 300;

/**
 * Seconds until the next attempt: exponential with full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), so that mails that failed together do not come back together.
 *
 * @param attempts how many there were, at least one
 * @param random uniform in [0, 1)
 */
export function backoffSeconds(attempts: number, random: number): number {
  // 2 ** 20 is far beyond the cap; larger powers would only lose precision.
  return random * Math.min(CAP_SECONDS, FIRST_SECONDS * 2 ** Math.min(attempts - 1, 20));
}
