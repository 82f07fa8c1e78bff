import { Module, type DynamicModule, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';

import { Redis } from '#platform/redis';

import { BodyGuard } from './body.guard.js';
import { ExpiredIdempotencyKeys } from './expired-idempotency-keys.js';
import { HttpEdgeModule, type HttpEdgeOptions } from './http-edge.module.js';
import { PostgresIdempotencyStore } from './idempotency-store.postgres.js';
import { IdempotencyStore } from './idempotency-store.js';
import { RateLimitGuard, RequestCounter } from './rate-limit.guard.js';
import { SharedRateLimitStorage } from './rate-limit.storage.redis.js';
import { AddressesOnly, RateLimitSubjects } from './rate-limit-subjects.js';
import { RateLimitSettings } from './settings.js';

export interface HttpPlatformOptions extends HttpEdgeOptions {
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
        HttpEdgeModule.forRoot(options),
        ThrottlerModule.forRootAsync({
          inject: [RateLimitSettings, Redis],
          useFactory: ({ perMinute, replicas }: RateLimitSettings, redis: Redis) => ({
            throttlers: [{ name: 'default', ttl: 60_000, limit: perMinute }],
            storage: new SharedRateLimitStorage(redis, replicas),
          }),
        }),
        ...(options.rateLimitSubjects?.imports ?? []),
      ],
      providers: [
        { provide: IdempotencyStore, useClass: options.idempotencyStore ?? PostgresIdempotencyStore },
        ...(options.idempotencyStore === undefined ? [ExpiredIdempotencyKeys] : []),
        rateLimitSubjects(options),
        RequestCounter,
        RateLimitGuard,
        { provide: APP_GUARD, useExisting: RateLimitGuard },
      ],
      exports: [IdempotencyStore],
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
