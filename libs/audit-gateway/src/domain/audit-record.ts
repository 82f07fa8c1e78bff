/** What the Audit Service is told about one event, beside who did it and when. */
export interface AuditRecord {
  readonly outcome: 'success' | 'failure' | 'denied';
  /** Stable snake_case; says why, when the outcome is not success. */
  readonly reason?: string;
  /** The session it happened in, where there is one and the caller had not proven it yet. */
  readonly sessionId?: string;
  /** Facts about the change: names, counts, versions. Never a secret or an unmasked personal datum. */
  readonly details?: Readonly<Record<string, unknown>>;
}
