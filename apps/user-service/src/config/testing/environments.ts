import { randomBytes } from 'node:crypto';
import { ConfigError, loadConfig } from '../../config.js';

export const random = (bytes: number) => randomBytes(bytes).toString('base64');
export const dataKey = random(32);
export const blindIndexKey = random(32);
export const jwtSecret = randomBytes(64).toString('hex');

/** The environment file of the Python service, with what this one adds. */
export const production = {
  DATABASE_URL: 'postgresql+asyncpg://user:password@host:5432/dbname',
  REDIS_URL: 'redis://host:6379',
  JWT_SECRET: jwtSecret,
  AUDIT_SERVICE_URL: 'http://audit-service:8001',
  DEBUG: 'false',
  CORS_ALLOW_ALL_ORIGINS: 'false',
  CORS_ORIGINS: '["https://frontend.domain.com"]',
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_PER_MINUTE: '60',
  ACCESS_TOKEN_EXPIRE_MINUTES: '15',
  REFRESH_TOKEN_EXPIRE_DAYS: '30',
  SESSION_TIMEOUT_MINUTES: '30',
  MAX_CONCURRENT_SESSIONS: '5',
  DATA_ENCRYPTION_KEYS: `k1:${dataKey}`,
  BLIND_INDEX_KEY: blindIndexKey,
  SMTP_URL: 'smtps://mailer:hunter2@mail.example.com',
};

/** The least that debug mode needs. */
export const debug = {
  DEBUG: 'true',
  DATABASE_URL: 'postgres://u:p@localhost/db',
  JWT_SECRET: jwtSecret,
  DATA_ENCRYPTION_KEYS: `k1:${dataKey}`,
  BLIND_INDEX_KEY: blindIndexKey,
};

/** The error with which an environment is refused. */
export function refusal(env: NodeJS.ProcessEnv): ConfigError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

/** The names of the variables for which an environment is refused. */
export const refused = (env: NodeJS.ProcessEnv) => refusal(env).problems.map(({ variable }) => variable);
