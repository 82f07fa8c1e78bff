import { randomBytes } from 'node:crypto';

/** On top of what `startTestApp` sets: the rules of production hold, and nothing it names is there. */
export function productionEnvironment(): Record<string, string> {
  return {
    DEBUG: 'false',
    LOG_LEVEL: 'info',
    PUBLIC_BASE_URL: 'https://id.example.com',
    JWT_SECRET: randomBytes(64).toString('base64url'),
    // Discard (RFC 863): nobody listens there on a test machine.
    SMTP_URL: 'smtp://127.0.0.1:9',
    AUDIT_SERVICE_URL: 'http://127.0.0.1:9',
    METRICS_TOKEN: randomBytes(24).toString('base64url'),
  };
}
