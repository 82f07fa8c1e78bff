import { Module, type DynamicModule, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';

import { isDatabaseUnavailable } from '#platform/persistence';
import { Redis, RedisUnavailable } from '#platform/redis';

import { BodyGuard } from './body.guard.js';
import { ExpiredIdempotencyKeys } from './expired-idempotency-keys.js';
import { PostgresIdempotencyStore } from './idempotency-store.postgres.js';
import { IdempotencyStore } from './idempotency-store.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { docsBaseOf, ProblemPageController } from './problem-page.js';
import { ProblemRenderer } from './problem-renderer.js';
import { ProblemFilter } from './problem.filter.js';
import { ProblemCatalogue, type ProblemTexts } from './problem.js';
import { RateLimitGuard, RequestCounter } from './rate-limit.guard.js';
import { SharedRateLimitStorage } from './rate-limit.storage.redis.js';
import { AddressesOnly, RateLimitSubjects } from './rate-limit-subjects.js';
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
  /** On whom requests count, and the modules that export it. Default: on the client's address. */
  readonly rateLimitSubjects?: {
    readonly imports: NonNullable<ModuleMetadata['imports']>;
    readonly useExisting: Type<RateLimitSubjects>;
  };
}

/**
 * What stands around every controller: rate limit, validation, errors, idempotency. Import it before all modules that
 * bring a global guard: guards run in the order of their modules, and the rate limit comes first (api.md).
 *
 * Expects `HttpSettings`, `RateLimitSettings`, `TimeFloorSettings` and `Redis` from global modules, and for the default
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
          inject: [RateLimitSettings, Redis],
          useFactory: ({ perMinute, replicas }: RateLimitSettings, redis: Redis) => ({
            throttlers: [{ name: 'default', ttl: 60_000, limit: perMinute }],
            storage: new SharedRateLimitStorage(redis, replicas),
          }),
        }),
        ...(options.rateLimitSubjects?.imports ?? []),
      ],
      controllers: [ProblemPageController],
      providers: [
        { provide: SecurityLog, useClass: options.securityLog ?? NestSecurityLog },
        { provide: IdempotencyStore, useClass: options.idempotencyStore ?? PostgresIdempotencyStore },
        ...(options.idempotencyStore === undefined ? [ExpiredIdempotencyKeys] : []),
        { provide: ProblemCatalogue, useFactory: () => new ProblemCatalogue([PLATFORM_PROBLEMS, ...options.problems]) },
        {
          provide: ProblemRenderer,
          inject: [ProblemCatalogue, HttpSettings],
          useFactory: (catalogue: ProblemCatalogue, { publicBaseUrl }: HttpSettings) =>
            new ProblemRenderer(catalogue, docsBaseOf(publicBaseUrl), isDependencyUnavailable),
        },
        rateLimitSubjects(options),
        RequestCounter,
        RateLimitGuard,
        { provide: APP_GUARD, useExisting: RateLimitGuard },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [SecurityLog, IdempotencyStore, ProblemCatalogue, ProblemRenderer],
    };
  }
}

/** Reads bodies. Import it after all modules that bring a global guard: the body comes last (api.md). */
@Module({ providers: [{ provide: APP_GUARD, useClass: BodyGuard }] })
export class HttpBodyModule {}

function rateLimitSubjects({ rateLimitSubjects: bound }: HttpPlatformOptions): Provider {
  return bound === undefined
    ? { provide: RateLimitSubjects, useClass: AddressesOnly }
    : { provide: RateLimitSubjects, useExisting: bound.useExisting };
}

function isDependencyUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || error instanceof RedisUnavailable;
}
