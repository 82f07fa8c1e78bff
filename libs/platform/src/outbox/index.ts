export { AuditEncoder, OutboxEventSink, type EventOrigin } from './event-sink.outbox.js';
export { Outbox, OutboxSettings, WITH_EVENTS } from './outbox.js';
export { OutboxWake } from './outbox-wake.js';
