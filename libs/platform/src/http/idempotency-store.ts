/** Names one attempt: who sent which key to which route, and what it asked for. */
export interface IdempotencyClaim {
  readonly key: string;
  /** Method and route template, e.g. `POST /api/v1/auth/register`. */
  readonly route: string;
  /** `user:<id>`, or a keyed hash of an anonymous caller's address. */
  readonly caller: string;
  /** The decoded body as it was sent. It may hold a password: implementations keep a keyed hash only. */
  readonly request: string;
}

/** An answer as it was first sent. */
export interface StoredAnswer {
  readonly status: number;
  /** Empty when there was none. */
  readonly body: string;
}

export type Reservation =
  | { readonly outcome: 'reserved' }
  | { readonly outcome: 'in_progress' }
  | { readonly outcome: 'other_request' }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer };

/** First answers by idempotency key, for 24 hours. The store decides races: of parallel claims exactly one is reserved. */
export abstract class IdempotencyStore {
  abstract reserve(claim: IdempotencyClaim): Promise<Reservation>;
  /** Keeps the answer for replays. */
  abstract complete(claim: IdempotencyClaim, answer: StoredAnswer): Promise<void>;
  /** Gives the key back after a failure that a retry may not meet again. */
  abstract release(claim: IdempotencyClaim): Promise<void>;
  /** Forgets what a caller was answered there, where that must not be told again. */
  abstract forget(answers: Pick<IdempotencyClaim, 'route' | 'caller'>): Promise<void>;
}
