import type { Actor } from '#platform/context';

import type { PublishedEvent } from './audit-map.js';

export const USER = '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e';
const sessionId = '01938a6e-7f00-7abc-8def-0123456789ab';

/** Who acts in the examples. */
export const ACTORS = {
  anonymous: { type: 'anonymous' },
  user: { type: 'user', id: USER, sessionId },
  operator: { type: 'system' },
  service: { type: 'service', apiKeyId: '01938a6e-6d10-7e4f-a1b2-c3d4e5f60718' },
} as const satisfies Record<string, Actor>;

type EventOf<Type extends PublishedEvent['type']> = Extract<PublishedEvent, { type: Type }>;

type ReasonsOf<Data> = Data extends { readonly reason: infer Reason extends string }
  ? { readonly reasons: Readonly<Record<Reason, string>> }
  : { readonly reasons?: never };

/** One type of event for people: when it is sent, and an event as its context would publish it. */
export type Description<Type extends PublishedEvent['type']> = ReasonsOf<EventOf<Type>['data']> & {
  readonly meaning: string;
  readonly by: keyof typeof ACTORS;
  readonly data: EventOf<Type>['data'];
  /** Every member of the record's `details`. */
  readonly details?: Readonly<Record<string, string>>;
};
