import { Injectable } from '@nestjs/common';
import { AuditCheck } from './audit-check.js';
import { CacheCheck } from './cache-check.js';
import { DatabaseCheck } from './database-check.js';
import { DiskCheck, EventLoopCheck } from './machine-checks.js';

/** All checks by the name they have in answers. */
@Injectable()
export class HealthChecks {
  readonly database = () => this.databaseCheck.state();
  readonly redis = () => this.cacheCheck.state();
  readonly audit = () => this.auditCheck.state();
  readonly disk = () => this.diskCheck.state();
  readonly eventLoop = () => this.eventLoopCheck.state();

  constructor(
    private readonly databaseCheck: DatabaseCheck,
    private readonly cacheCheck: CacheCheck,
    private readonly auditCheck: AuditCheck,
    private readonly diskCheck: DiskCheck,
    private readonly eventLoopCheck: EventLoopCheck,
  ) {}
}
