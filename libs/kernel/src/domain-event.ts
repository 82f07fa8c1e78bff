/**
 * Something that happened, in the past tense (`identity.registered`). Events carry facts that another context or
 * the audit trail needs, and never a secret or an unmasked personal datum.
 */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** The user it happened to; `null` when no user is known (a sign-in with an unknown address). */
  readonly userId: string | null;
  readonly occurredAt: Date;
  readonly data: Data;
}
