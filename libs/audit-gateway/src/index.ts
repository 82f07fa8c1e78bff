export { AuditGatewayModule } from './audit-gateway.module.js';
export { describeEvents, type DescribedEvent } from './infrastructure/event-catalogue.js';
export { AuditRecordSettings } from './infrastructure/cloud-event.encoder.js';
