import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Lifecycle } from '#platform/lifecycle';
import { AuditCheck } from './audit-check.js';
import { CacheCheck } from './cache-check.js';
import { DatabaseCheck } from './database-check.js';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { DiskCheck, EventLoopCheck } from './machine-checks.js';

/** Expects `HealthSettings`, `AppLogger`, `AuditBacklog` and `CacheProbe` from a global module. */
@Module({
  // Terminus would log every failed probe; `HealthService` logs changes.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Lifecycle, HealthService, HealthChecks, DatabaseCheck, CacheCheck, AuditCheck, DiskCheck, EventLoopCheck],
  exports: [Lifecycle],
})
export class HealthModule {}
