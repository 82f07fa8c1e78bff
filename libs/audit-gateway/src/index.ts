export { AuditDeliveryModule } from './audit-delivery.module.js';
export { AuditGatewayModule } from './audit-gateway.module.js';
export { DeliverySettings } from './application/ports.js';
export { AuditDispatcher } from './infrastructure/audit-dispatcher.js';
export { AuditServiceSettings } from './infrastructure/audit-receiver.http.js';
export { describeEvents, type DescribedEvent } from './infrastructure/event-catalogue.js';
export { AuditRecordSettings } from './infrastructure/cloud-event.encoder.js';
export { OutboxLimits, OutboxWatch } from './infrastructure/outbox-watch.js';
