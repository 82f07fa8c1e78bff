import { Global, Module } from '@nestjs/common';

import { AuditEncoder } from '#platform/outbox';

import { CloudEventEncoder } from './infrastructure/cloud-event.encoder.js';

/** That it can be proven: what every event becomes before it leaves. */
@Global()
@Module({
  providers: [{ provide: AuditEncoder, useClass: CloudEventEncoder }],
  exports: [AuditEncoder],
})
export class AuditGatewayModule {}
