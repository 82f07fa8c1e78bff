import { Module } from '@nestjs/common';

import { ExpiredToldEvents, SpoolDrainer, SpoolTarget } from '#platform/outbox';

import { Deliver } from './application/deliver.js';
import { AuditReceiver, DeliveryMonitor, OutboxLanes, Pacing } from './application/ports.js';
import { ShipLane } from './application/ship-lane.js';
import { AuditDispatcher } from './infrastructure/audit-dispatcher.js';
import { HttpAuditReceiver } from './infrastructure/audit-receiver.http.js';
import { LoggedDeliveryMonitor } from './infrastructure/delivery-monitor.logged.js';
import { AuditSchemaController } from './infrastructure/http/audit-schema.controller.js';
import { DeadLettersController } from './infrastructure/http/dead-letters.controller.js';
import { OutboxHints } from './infrastructure/outbox-hints.postgres.js';
import { OutboxWatch } from './infrastructure/outbox-watch.js';
import { SystemPacing } from './infrastructure/pacing.system.js';
import { StopAnnouncer } from './infrastructure/stop-announcer.js';
import { PostgresOutboxLanes } from './infrastructure/persistence/outbox-lanes.postgres.js';

/**
 * Brings what is in the outbox to the Audit Service. Apart from the records, which every command of an operator makes as
 * well. Wants `AuditServiceSettings`, `DeliverySettings` and `OutboxLimits`.
 */
@Module({
  controllers: [DeadLettersController, AuditSchemaController],
  providers: [
    { provide: OutboxLanes, useClass: PostgresOutboxLanes },
    { provide: AuditReceiver, useClass: HttpAuditReceiver },
    { provide: DeliveryMonitor, useClass: LoggedDeliveryMonitor },
    { provide: Pacing, useClass: SystemPacing },
    ShipLane,
    Deliver,
    OutboxHints,
    AuditDispatcher,
    OutboxWatch,
    SpoolTarget,
    SpoolDrainer,
    ExpiredToldEvents,
    StopAnnouncer,
  ],
  exports: [AuditDispatcher, OutboxWatch],
})
export class AuditDeliveryModule {}
