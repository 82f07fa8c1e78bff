import { Global, Module } from '@nestjs/common';

import { Keyring } from '#platform/crypto';

import { RedisMetrics, RedisSettings } from './redis-settings.js';
import { Redis } from './redis.js';

/** Expects `RedisSettings`, `RedisMetrics` and `Keyring` from global modules. */
@Global()
@Module({
  providers: [
    {
      provide: Redis,
      inject: [RedisSettings, Keyring, RedisMetrics],
      useFactory: ({ address }: RedisSettings, keyring: Keyring, metrics: RedisMetrics) =>
        new Redis({ address, keySalt: keyring.derive('redis-key-names').toString('base64url') }, metrics),
    },
  ],
  exports: [Redis],
})
export class RedisModule {}
