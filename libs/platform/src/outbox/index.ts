export { AuditEncoder, OutboxEventSink, OutboxLeaving, type EventOrigin } from './event-sink.outbox.js';
export { FileEventSpool, proveSpoolFolder } from './event-spool.file.js';
export { EventSpool, SpoolSettings } from './event-spool.js';
export { ExpiredToldEvents, ToldEventsSettings } from './expired-told-events.js';
export { Outbox, OutboxSettings, WITH_EVENTS, type OutboxMessage } from './outbox.js';
export { OutboxWake } from './outbox-wake.js';
export { SpoolDrainer } from './spool-drainer.js';
export { SpoolTarget } from './spool-target.js';
