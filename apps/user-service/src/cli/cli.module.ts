import { Module, type DynamicModule } from '@nestjs/common';

import { AuditGatewayModule } from '#audit-gateway';
import { IdentityImportModule, IdentityModule } from '#identity';
import { PostgresImportedFactors } from '#mfa';
import { HttpPlatformModule } from '#platform/http';
import { LoggingModule, type PinoAppLogger } from '#platform/logging';
import { MetricsModule } from '#platform/metrics';
import { RedisModule } from '#platform/redis';
import { SessionStoreModule } from '#session';

import type { Config } from '../config.js';
import { PlatformModule } from '../platform.module.js';
import { SettingsModule } from '../settings.module.js';

/** The contexts without their servers and background work: what an operator's command needs. */
@Module({})
export class CliModule {
  static forRoot(config: Config, logger: PinoAppLogger): DynamicModule {
    return {
      module: CliModule,
      imports: [
        SettingsModule.forRoot(config),
        LoggingModule.forRoot(logger),
        MetricsModule.forRoot({ port: undefined, host: config.server.host, token: config.metrics.token }),
        RedisModule,
        PlatformModule,
        HttpPlatformModule.forRoot({ problems: [] }),
        AuditGatewayModule,
        IdentityModule,
        IdentityImportModule.withFactors(PostgresImportedFactors),
        SessionStoreModule,
      ],
    };
  }
}
