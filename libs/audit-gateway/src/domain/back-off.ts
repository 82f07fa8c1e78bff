const FIRST_SECONDS = 0.2;
const CAP_SECONDS = 60;
/**
 * With doubling, the last pause of an outage would on average be half as long as the outage. With this it is a sixth, so
 * that what has piled up can be delivered within a quarter of the outage.
 */
const GROWTH = 1.2;
/** A key that is refused is mended by people: asking more often than this helps nobody. */
const UNAUTHORIZED_SECONDS = 30;
/** A receiver may ask for patience; for more than an hour of it somebody should be asked. */
const MOST_PATIENCE_SECONDS = 3_600;

/**
 * Seconds until the next attempt: exponential with full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015) from 0.2 to 60 s, and never before the receiver wishes.
 *
 * @param failures how many there were in a row, at least one
 * @param random uniform in [0, 1)
 */
export function backOffSeconds(failures: number, random: number, retryAfterSeconds = 0): number {
  const ceiling = Math.min(CAP_SECONDS, FIRST_SECONDS * GROWTH ** failures);
  const jittered = FIRST_SECONDS + random * (ceiling - FIRST_SECONDS);
  return Math.max(jittered, Math.min(retryAfterSeconds, MOST_PATIENCE_SECONDS));
}

/** The same for a receiver that refuses the key: 30 to 60 s. */
export function unauthorizedSeconds(random: number): number {
  return UNAUTHORIZED_SECONDS + random * (CAP_SECONDS - UNAUTHORIZED_SECONDS);
}
