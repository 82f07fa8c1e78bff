/** An event that the Audit Service refused, waiting for an operator. */
export interface DeadLetter {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly lane: number;
  readonly sequence: string;
  /** Why, in the receiver's words. */
  readonly code: string;
  readonly detail: string;
  /** How often it was refused. */
  readonly attempts: number;
  /** When it was refused last. */
  readonly createdAt: Date;
}
