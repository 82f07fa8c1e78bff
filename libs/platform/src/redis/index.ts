export { RedisScript } from './redis-commands.js';
export { RedisModule } from './redis.module.js';
export { RedisMetrics, RedisSettings, type RedisAddress, type RedisNode } from './redis-settings.js';
export { RedisUnavailable } from './redis-unavailable.js';
export { Redis } from './redis.js';
