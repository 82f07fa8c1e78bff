export { AuditEncoder, OutboxEventSink, type EventOrigin } from './event-sink.outbox.js';
export { Outbox, OutboxSettings } from './outbox.js';
