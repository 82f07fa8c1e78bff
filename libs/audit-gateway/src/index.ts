export { AuditGatewayModule } from './audit-gateway.module.js';
