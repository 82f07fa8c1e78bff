import { Global, Module } from '@nestjs/common';

import { AuditDeliveryModule, OutboxWatch } from '#audit-gateway';

import { AuditBacklog } from './health/health-settings.js';

/** The delivery of audit events, and what the health check asks of it. */
@Global()
@Module({
  imports: [AuditDeliveryModule],
  providers: [{ provide: AuditBacklog, useExisting: OutboxWatch }],
  exports: [AuditBacklog],
})
export class AuditBacklogModule {}
