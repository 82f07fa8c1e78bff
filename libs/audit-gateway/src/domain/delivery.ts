/** An event that has its place in a lane, as it is sent. */
export interface SealedEvent {
  readonly id: string;
  readonly sequence: bigint;
  /** The JSON text, byte for byte the same at every attempt. */
  readonly text: string;
}

/** Events of one lane in order, without a gap between them; at least one. */
export interface Batch {
  /** The same for the same events, so that the receiver can tell a repetition. */
  readonly id: string;
  readonly lane: number;
  readonly events: readonly SealedEvent[];
  /** Seconds since the oldest of them was committed. */
  readonly ageSeconds: number;
}

/** An event that the Audit Service will not take, and why. */
export interface Rejection {
  readonly eventId: string;
  readonly code: string;
  readonly detail: string;
}

/** What came back of one attempt. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Seconds, where the receiver asked for patience. */
      readonly retryAfterSeconds?: number;
      /** Of a 202, if it says what the contract says and fits the batch. */
      readonly receipt?: Receipt;
      /** The problem's own words, for a dead letter; empty where it was none. */
      readonly detail?: string;
    }
  | { readonly kind: 'unreachable' | 'timeout' };

export interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
}

/** Names of what can come of an attempt; they are labels of a metric. */
export const DELIVERY_RESULTS = [
  'confirmed',
  'too_large',
  'refused',
  'unauthorized',
  'throttled',
  'server_error',
  'unreachable',
  'timeout',
  'redirected',
  'unexpected',
] as const;
export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

/** What is to be done about an attempt. */
export type Verdict =
  | { readonly result: 'confirmed'; readonly receipt: Receipt }
  /** The batch as a whole is not wanted: halve it, and set aside what remains refused by itself. */
  | { readonly result: 'too_large' | 'refused'; readonly rejection: Omit<Rejection, 'eventId'> }
  /** Keep everything and try again later. */
  | {
      readonly result: Exclude<DeliveryResult, 'confirmed' | 'too_large' | 'refused'>;
      readonly retryAfterSeconds: number;
    };

/**
 * The table of answers (audit.md). Only a receipt that accounts for every event of the batch confirms anything: whatever
 * else comes back, the events are kept and sent again, which the receiver does not mind.
 */
export function judge(answer: Answer): Verdict {
  if (answer.kind !== 'answered') return { result: answer.kind, retryAfterSeconds: 0 };
  const { status, receipt, retryAfterSeconds = 0, detail = '' } = answer;
  if (status === 202 && receipt !== undefined) return { result: 'confirmed', receipt };
  if (status === 413) return { result: 'too_large', rejection: { code: 'too_large', detail } };
  // Without a reason in JSON it is somebody on the way who does not like the request: that is no word about the events.
  if ((status === 400 || status === 422) && detail !== '')
    return { result: 'refused', rejection: { code: `status_${String(status)}`, detail } };
  return { result: resultOf(status), retryAfterSeconds };
}

function resultOf(status: number): 'unauthorized' | 'throttled' | 'server_error' | 'redirected' | 'unexpected' {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'throttled';
  if (status >= 500) return 'server_error';
  // A redirect is never followed: it would carry the key and the events to another place.
  return status >= 300 && status < 400 ? 'redirected' : 'unexpected';
}
