/** Successes at a size that the receiver found too large, before a larger one is tried again. */
const CEILING_HOLDS = 100;

/**
 * How many events of a lane are sent at once. A batch that is refused as a whole is halved, until what cannot be taken is
 * alone; after that, and with each success, batches grow again.
 */
export class BatchSize {
  #size: number;
  #ceiling: number;
  #successes = 0;

  constructor(private readonly most: number) {
    this.#size = most;
    this.#ceiling = most;
  }

  get current(): number {
    return this.#size;
  }

  /** The receiver took a batch, or its one event was set aside. */
  grow(): void {
    this.#successes += 1;
    if (this.#successes >= CEILING_HOLDS) this.raiseCeiling();
    this.#size = Math.min(this.#ceiling, this.#size * 2);
  }

  /** A batch of so many events holds one that cannot be taken. */
  halve(sent: number): void {
    this.#size = Math.max(1, Math.floor(sent / 2));
  }

  /** So many events were too many. */
  tooLarge(sent: number): void {
    this.halve(sent);
    this.#ceiling = this.#size;
    this.#successes = 0;
  }

  private raiseCeiling(): void {
    this.#successes = 0;
    this.#ceiling = Math.min(this.most, this.#ceiling * 2);
  }
}
