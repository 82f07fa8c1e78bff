import type { DeadLetter } from '../domain/dead-letter.js';

/** Refused events. What changes them does so in the running unit of work. */
export abstract class DeadLetters {
  /** Oldest first, so many after the one named. */
  abstract list(limit: number, after?: string): Promise<DeadLetter[]>;

  /** With the event as it was sent, without its hash. */
  abstract find(id: string): Promise<(DeadLetter & { readonly event: unknown }) | null>;

  /** Back into the outbox as the very same event, place and hash included. `null` when there is no such letter. */
  abstract requeue(id: string): Promise<DeadLetter | null>;

  /** Gone for good. Its place in the chain stays known to the receiver. */
  abstract remove(id: string): Promise<DeadLetter | null>;
}
