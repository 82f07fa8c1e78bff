export { AuditEncoder, OutboxEventSink, type EventOrigin } from './event-sink.outbox.js';
export { Outbox, OutboxSettings, laneOf, type OutboxMessage } from './outbox.js';
