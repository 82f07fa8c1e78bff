/**
 * What went wrong, in words that know no HTTP. The problem filter maps each kind to a status code.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'unprocessable'
  | 'rate_limited'
  | 'overloaded'
  | 'unavailable';

/** One rule that a field broke. The text is chosen by code and language when the answer is written. */
export interface FieldIssue {
  /** RFC 6901 JSON Pointer to the field. */
  readonly pointer: string;
  readonly code: string;
  /** The bound that was broken (`too_long`: 64), where there is one. */
  readonly limit?: string | undefined;
}

/**
 * A refusal that the caller may be told about. `code` is the stable name clients branch on; `message` is safe to
 * log and never holds personal data or a secret. The text a person reads is chosen from the code, by language.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  /** Seconds after which the same call may succeed; sent as `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | undefined = undefined;
  /** Extra members of the problem document (RFC 9457 §3.2), for example `reasons`. Safe to show to the caller. */
  readonly extensions: Readonly<Record<string, unknown>> | undefined = undefined;

  /** What is wrong with which field; sent as `errors`, in the caller's language. */
  readonly issues: readonly FieldIssue[] | undefined = undefined;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
