const LEAST_SECONDS = 1;
// However many were told to wait: whoever gives up by then would have been refused again anyway.
const MOST_SECONDS = 10;
// Until the first hash has shown how long one takes here.
const FIRST_GUESS_MS = 30;
const WEIGHT_OF_THE_LAST = 0.1;

/**
 * Tells each caller who is refused another moment to come back (RFC 9110 §10.2.3), one after the other at the rate at
 * which hashes get done. If all came back at once, nearly all of them would be refused again, for nothing but work.
 */
export class ComeBack {
  #hashMs = FIRST_GUESS_MS;
  #promisedAt = -Infinity;

  /** A hash took so many milliseconds. */
  took(ms: number): void {
    this.#hashMs += (ms - this.#hashMs) * WEIGHT_OF_THE_LAST;
  }

  /** Whole seconds, 1 to 10. `waiting`: how many go first; `atOnce`: how many are hashed at the same time. */
  next(waiting: number, atOnce: number, now: number): number {
    const eachMs = this.#hashMs / atOnce;
    const free = Math.max(this.#promisedAt, now + waiting * eachMs) + eachMs;
    this.#promisedAt = Math.min(free, now + MOST_SECONDS * 1_000);
    return Math.max(LEAST_SECONDS, Math.ceil((this.#promisedAt - now) / 1_000));
  }
}
