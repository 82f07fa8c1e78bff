/** PostgreSQL's NOTIFY, on which instances hint at work. Whoever misses a hint finds the work by looking. */
export const OUTBOX_CHANNEL = 'user_service_outbox';
/** The Audit Service is back. */
export const RESUMED = 'resumed';
