import { Global, Module } from '@nestjs/common';

import { Keyring } from '#platform/crypto';
import { MetricsRegistry } from '#platform/metrics';

import { RedisSettings } from './redis-settings.js';
import { Redis } from './redis.js';

/** Expects `RedisSettings`, `Keyring` and `MetricsRegistry` from global modules. */
@Global()
@Module({
  providers: [
    {
      provide: Redis,
      inject: [RedisSettings, Keyring, MetricsRegistry],
      useFactory: ({ address }: RedisSettings, keyring: Keyring, metrics: MetricsRegistry) =>
        new Redis({ address, keySalt: keyring.derive('redis-key-names').toString('base64url') }, metrics),
    },
  ],
  exports: [Redis],
})
export class RedisModule {}
