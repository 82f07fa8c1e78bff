import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';

import { isDatabaseUnavailable } from '#platform/persistence';

import { BodyInterceptor } from './body.interceptor.js';
import { PostgresIdempotencyStore } from './idempotency-store.postgres.js';
import { IdempotencyStore } from './idempotency-store.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { docsBaseOf, ProblemPageController } from './problem-page.js';
import { ProblemRenderer } from './problem-renderer.js';
import { ProblemFilter } from './problem.filter.js';
import { ProblemCatalogue, type ProblemTexts } from './problem.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { InProcessRateLimitStorage } from './rate-limit.storage.js';
import { NestSecurityLog, SecurityLog } from './security-log.js';
import { HttpSettings, RateLimitSettings } from './settings.js';
import { StrictValidationPipe } from './validation.pipe.js';

export interface HttpPlatformOptions {
  /** The contexts' error texts; the platform's own are always there. */
  readonly problems: readonly ProblemTexts[];
  /** Default: `NestSecurityLog`. */
  readonly securityLog?: Type<SecurityLog>;
  /** Default: `PostgresIdempotencyStore`. */
  readonly idempotencyStore?: Type<IdempotencyStore>;
}

/**
 * What stands around every controller: rate limit, body, validation, errors, idempotency. Import it before all modules
 * that bring a global guard: guards run in the order of their modules, and the rate limit comes first (api.md).
 *
 * Expects `HttpSettings`, `RateLimitSettings` and `TimeFloorSettings` from a global module, and for the default
 * idempotency store `Database`, `UnitOfWork`, `FieldCipher` and `Keyring`.
 */
@Module({})
export class HttpPlatformModule {
  static forRoot(options: HttpPlatformOptions): DynamicModule {
    return {
      module: HttpPlatformModule,
      global: true,
      imports: [
        ThrottlerModule.forRootAsync({
          inject: [RateLimitSettings],
          useFactory: ({ perMinute }: RateLimitSettings) => ({
            throttlers: [{ name: 'default', ttl: 60_000, limit: perMinute }],
            storage: new InProcessRateLimitStorage(),
          }),
        }),
      ],
      controllers: [ProblemPageController],
      providers: [
        { provide: SecurityLog, useClass: options.securityLog ?? NestSecurityLog },
        { provide: IdempotencyStore, useClass: options.idempotencyStore ?? PostgresIdempotencyStore },
        { provide: ProblemCatalogue, useFactory: () => new ProblemCatalogue([PLATFORM_PROBLEMS, ...options.problems]) },
        {
          provide: ProblemRenderer,
          inject: [ProblemCatalogue, HttpSettings],
          useFactory: (catalogue: ProblemCatalogue, { publicBaseUrl }: HttpSettings) =>
            new ProblemRenderer(catalogue, docsBaseOf(publicBaseUrl), isDatabaseUnavailable),
        },
        RateLimitGuard,
        { provide: APP_GUARD, useExisting: RateLimitGuard },
        { provide: APP_INTERCEPTOR, useClass: BodyInterceptor },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [SecurityLog, IdempotencyStore, ProblemCatalogue, ProblemRenderer],
    };
  }
}
