export { AuditGatewayModule } from './audit-gateway.module.js';
export { AuditRecordSettings } from './infrastructure/cloud-event.encoder.js';
