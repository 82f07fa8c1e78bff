import { Module, type DynamicModule } from '@nestjs/common';

import { AuditGatewayModule } from '#audit-gateway';
import {
  IDENTITY_PROBLEMS,
  IdentityMailTemplates,
  IdentityModule,
  IdentityWorkModule,
  StoredRecipients,
} from '#identity';
import { MFA_PROBLEMS, MfaMailTemplates, MfaModule } from '#mfa';
import { HttpBodyModule, HttpPlatformModule } from '#platform/http';
import { LoggingModule, PinoSecurityLog, type PinoAppLogger } from '#platform/logging';
import {
  FileMailTransport,
  MailDeliveryModule,
  MailTemplates,
  MailTransport,
  Recipients,
  SmtpMailTransport,
} from '#platform/mail';
import { MetricsModule } from '#platform/metrics';
import { DocsModule } from '#platform/openapi';
import { RedisModule } from '#platform/redis';
import { SESSION_PROBLEMS, SessionMailTemplates, SessionModule } from '#session';

import { AuditBacklogModule } from './audit-backlog.module.js';
import { CallerRateLimitModule, CallerRateLimitSubjects } from './caller-rate-limit.module.js';
import type { Config } from './config.js';
import { HealthModule } from './health/health.module.js';
import { AllMailTemplates } from './mail-templates.js';
import { PlatformModule } from './platform.module.js';
import { SettingsModule } from './settings.module.js';

function mailDelivery(config: Config): DynamicModule {
  return MailDeliveryModule.register({
    imports: [IdentityModule],
    providers: [
      { provide: Recipients, useExisting: StoredRecipients },
      IdentityMailTemplates,
      MfaMailTemplates,
      SessionMailTemplates,
      { provide: MailTemplates, useClass: AllMailTemplates },
      { provide: MailTransport, useClass: config.mail.smtp === undefined ? FileMailTransport : SmtpMailTransport },
    ],
  });
}

/** The composition root: every part is named here, and nothing is decided elsewhere. */
@Module({})
export class AppModule {
  static forRoot(config: Config, logger: PinoAppLogger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.forRoot(config),
        LoggingModule.forRoot(logger),
        MetricsModule.forRoot({ port: config.metrics.port, host: config.server.host, token: config.metrics.token }),
        PlatformModule,
        RedisModule,
        // Before all modules that bring a guard: the rate limit comes first.
        HttpPlatformModule.forRoot({
          problems: [IDENTITY_PROBLEMS, MFA_PROBLEMS, SESSION_PROBLEMS],
          securityLog: PinoSecurityLog,
          rateLimitSubjects: { imports: [CallerRateLimitModule], useExisting: CallerRateLimitSubjects },
        }),
        AuditGatewayModule,
        IdentityModule,
        MfaModule,
        IdentityWorkModule,
        SessionModule,
        mailDelivery(config),
        AuditBacklogModule,
        HealthModule,
        ...(config.docs.enabled ? [DocsModule] : []),
        // After all modules that bring a guard: the body is read last.
        HttpBodyModule,
      ],
    };
  }
}
