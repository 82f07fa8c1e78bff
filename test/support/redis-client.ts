import { Redis } from '#platform/redis';
import { redisUrl } from '../../apps/user-service/src/config/redis-url.js';

/** What the service has, without the service around it: connected, and counting what became of its commands. */
export class RedisClient {
  readonly outcomes: Record<string, number> = {};
  readonly redis: Redis;
  readonly #figures = new Map<string, () => number>();

  /** @param url as in `REDIS_URL` */
  constructor(url: string | undefined) {
    const metrics = {
      counter: () => ({
        increment: (kind: string) => {
          this.outcomes[kind] = (this.outcomes[kind] ?? 0) + 1;
        },
      }),
      gauge: (name: string, _help: string, read: () => number) => void this.#figures.set(name, read),
    };
    const address = url === undefined ? undefined : redisUrl.parse(url);
    this.redis = new Redis({ address, keySalt: 'the salt of the tests' }, metrics);
    this.redis.onModuleInit();
  }

  /** 0 closed, 1 half open, 2 open */
  get breaker(): number {
    return this.#figures.get('redis_breaker_state')?.() ?? -1;
  }

  close(): void {
    this.redis.onApplicationShutdown();
  }
}
