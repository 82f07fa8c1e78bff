/** What the Audit Service is told about one event, beside who did it and when. */
export interface AuditRecord {
  readonly outcome: 'success' | 'failure' | 'denied';
  /** Stable snake_case; says why, when the outcome is not success. */
  readonly reason?: string;
  /**
   * The session by which the caller, nobody when the request began, had proven to be its user by the time the event
   * happened: signing in and refreshing. Never where a thief may have been the caller.
   */
  readonly provenSessionId?: string;
  /** What a field was and is now, masked where it is personal. */
  readonly changes?: Readonly<Record<string, readonly [before: string, after: string]>>;
  /** Facts about the change: names, counts, versions. Never a secret or an unmasked personal datum. */
  readonly details?: Readonly<Record<string, unknown>>;
}
