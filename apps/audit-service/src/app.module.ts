import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';

import { RequestContext } from '#platform/context';
import { HttpBodyModule, HttpEdgeModule, HttpSettings } from '#platform/http';
import { Lifecycle } from '#platform/lifecycle';
import { LoggingModule, PinoSecurityLog, type PinoAppLogger } from '#platform/logging';
import { MetricsModule } from '#platform/metrics';
import { DocsModule } from '#platform/openapi';

import { VerifyLanes } from './application/lane-states.js';
import { EventStore } from './application/ports.js';
import { ReceiveBatch } from './application/receive-batch.js';
import type { AuditServiceConfig } from './config.js';
import { ApiKeyGuard, ApiKeySettings } from './infrastructure/http/api-key.guard.js';
import { EventsController } from './infrastructure/http/events.controller.js';
import { HealthController } from './infrastructure/http/health.controller.js';
import { LanesController } from './infrastructure/http/lanes.controller.js';
import { AUDIT_PROBLEMS, OWN_TEXTS } from './infrastructure/http/problems.js';
import { AuditMetrics } from './infrastructure/audit-metrics.js';
import { PageAccess, PageSettings } from './infrastructure/page/page-access.js';
import { PageController } from './infrastructure/page/page.controller.js';
import { Patrol, PatrolSettings } from './infrastructure/patrol.js';
import { AuditDatabase, AuditDatabaseSettings } from './infrastructure/persistence/audit-database.js';
import { PostgresEventStore } from './infrastructure/persistence/event-store.postgres.js';
import { Readiness } from './infrastructure/readiness.js';

/** What the HTTP adapter and the HTTP edge both need. */
export function httpSettings({ publicBaseUrl, debug }: AuditServiceConfig): HttpSettings {
  return {
    publicBaseUrl,
    production: !debug,
    trustedProxies: [],
    corsOrigins: [],
    corsAllowAllOrigins: false,
  };
}

@Global()
@Module({})
class SettingsModule {
  static forRoot(config: AuditServiceConfig): DynamicModule {
    const providers = [
      { provide: HttpSettings, useValue: httpSettings(config) },
      { provide: AuditDatabaseSettings, useValue: { url: config.databaseUrl } },
      { provide: ApiKeySettings, useValue: { apiKey: config.apiKey } },
      { provide: PageSettings, useValue: { password: config.pagePassword, openToThisMachine: config.debug } },
      { provide: PatrolSettings, useValue: { seconds: config.verifySeconds } },
      Lifecycle,
      RequestContext,
    ];
    return {
      module: SettingsModule,
      providers,
      exports: providers.map((provider) => (typeof provider === 'function' ? provider : provider.provide)),
    };
  }
}

/** The composition root. */
@Module({})
export class AuditServiceModule {
  static forRoot(config: AuditServiceConfig, logger: PinoAppLogger): DynamicModule {
    return {
      module: AuditServiceModule,
      imports: [
        SettingsModule.forRoot(config),
        LoggingModule.forRoot(logger),
        MetricsModule.forRoot({ port: undefined, host: config.host, token: config.metricsToken }),
        ClsModule.forRoot({ global: true }),
        HttpEdgeModule.forRoot({ problems: [AUDIT_PROBLEMS], instead: OWN_TEXTS, securityLog: PinoSecurityLog }),
        ...(config.debug ? [DocsModule] : []),
        // After the guard of this module: the body is read last.
        HttpBodyModule,
      ],
      controllers: [EventsController, LanesController, HealthController, PageController],
      providers: [
        { provide: EventStore, useClass: PostgresEventStore },
        { provide: APP_GUARD, useClass: ApiKeyGuard },
        AuditDatabase,
        ReceiveBatch,
        VerifyLanes,
        Readiness,
        PageAccess,
        Patrol,
        AuditMetrics,
      ],
      exports: [VerifyLanes],
    };
  }
}
