import type { DomainEvent } from '#kernel';

/** A process of the service takes requests. */
export type Started = DomainEvent<'system.started', { readonly version: string }>;
/** A process of the service ends as it was asked to. */
export type Stopped = DomainEvent<'system.stopped', { readonly version: string }>;
/** Told by the first process that runs on the schema. */
export type MigrationApplied = DomainEvent<'system.migration_applied', { readonly migrations: readonly string[] }>;
/** Another key than before is in use; told by the first process that uses it. */
export type KeyRotated = DomainEvent<
  'system.key_rotated',
  { readonly purpose: KeyPurpose; readonly keyId: string; readonly previousKeyId: string }
>;
export type KeyPurpose = 'data_encryption' | 'token_signing';

/** A start was refused: the configuration is wrong. Only the names of its variables are told, never a value. */
export type ConfigRejected = DomainEvent<'system.config_rejected', { readonly variables: readonly string[] }>;
/** Rows went for their age, all of one transaction. Recorded by whoever deletes them. */
export type RetentionRun = DomainEvent<'system.retention_run', { readonly deleted: Readonly<Record<string, number>> }>;

/** An administrator was shown something of a user; recorded by the route that shows it. */
export type UserViewed = DomainEvent<'access.admin.user_viewed', { readonly task: string }>;

interface OfDeadLetter {
  readonly deadLetterId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** Why it had been refused. */
  readonly code: string;
}
export type DeadLetterRetried = DomainEvent<'system.dead_letter_retried', OfDeadLetter>;
export type DeadLetterDiscarded = DomainEvent<'system.dead_letter_discarded', OfDeadLetter>;

/** Calls over the rate limit: the first of a caller at once, then their number once a minute. */
export type RateLimited = DomainEvent<
  'access.rate_limited',
  { readonly caller: 'user' | 'api_key' | 'address'; readonly route: string; readonly count: number }
>;

export type SystemEvent =
  | UserViewed
  | Started
  | Stopped
  | ConfigRejected
  | RetentionRun
  | MigrationApplied
  | KeyRotated
  | DeadLetterRetried
  | DeadLetterDiscarded
  | RateLimited;
