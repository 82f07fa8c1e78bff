export { AggregateRoot } from './aggregate-root.js';
export { Clock } from './clock.js';
export { DomainError, type ErrorKind, type FieldIssue } from './domain-error.js';
export type { DomainEvent } from './domain-event.js';
export { Ids } from './ids.js';
export { fitsPasswordLimits, PASSWORD_MAX_CODE_POINTS } from './password-limits.js';
export { UnitOfWork } from './unit-of-work.js';
