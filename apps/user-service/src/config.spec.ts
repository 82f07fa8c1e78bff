import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';
import {
  blindIndexKey,
  dataKey,
  debug,
  jwtSecret,
  production,
  random,
  refusal,
  refused,
} from './config/testing/environments.js';

describe('loadConfig', () => {
  it('starts in production on the environment file of the old service plus keys and SMTP_URL', () => {
    const config = loadConfig(production);
    expect(config.debug).toBe(false);
    expect(config.database).toMatchObject({ url: 'postgresql://user:password@host:5432/dbname?sslmode=disable' });
    expect(config.redis).toMatchObject({ mode: 'single', nodes: [{ host: 'host', port: 6379 }], db: 0, tls: false });
    expect(config.cors).toEqual({ allowAllOrigins: false, origins: ['https://frontend.domain.com'] });
    expect(config.mail.smtp).toEqual({ url: 'smtps://mailer:hunter2@mail.example.com', requireStartTls: false });
    expect(config.audit.serviceUrl).toBe('http://audit-service:8001');
    expect(config.encryption.keys.map(({ kid, key }) => [kid, key.export().toString('base64')])).toEqual([
      ['k1', dataKey],
    ]);
    expect(config.encryption.blindIndexKey.export().toString('base64')).toBe(blindIndexKey);
  });

  it('gives the deployed names their documented defaults', () => {
    const config = loadConfig(debug);
    expect(config.rateLimit).toEqual({ enabled: true, perMinute: 60, perMinuteOfKeys: 60 });
    expect(config.jwt.accessTokenMinutes).toBe(15);
    expect(config.session).toEqual({
      refreshTokenDays: 30,
      refreshGraceSeconds: 10,
      idleTimeoutMinutes: 30,
      maxConcurrent: 5,
    });
    expect(config.cors).toEqual({ allowAllOrigins: false, origins: [] });
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: 8000, replicas: 1, trustedProxies: [] });
    expect(config.database).toMatchObject({ poolSize: 15, connectTimeoutMs: 1000, statementTimeoutMs: 3000 });
    expect(config.redis).toBeUndefined();
    expect(config.mail).toEqual({ smtp: undefined, dir: '.data/mail', from: 'User Service <no-reply@localhost>' });
    expect(config.audit).toEqual({
      serviceUrl: 'http://localhost:8001',
      apiKey: undefined,
      lanes: 8,
      firstLane: 0,
      batchSize: 500,
      timeoutMs: 5_000,
      spool: { dir: '.data/audit-spool', maxBytes: 64 * 1_048_576 },
      outbox: { maxRows: 1_000_000, maxAgeSeconds: 86_400 },
      toldMinutes: 120,
    });
    expect(config.password).toMatchObject({ minLength: 12, hash: { memoryKib: 19456, timeCost: 2, queue: 64 } });
    expect(config.password.hash.concurrency).toBe(availableParallelism());
  });

  it('MF-11 demands a second factor of administrators, unless it is told otherwise', () => {
    const rolesFor = (text: string): readonly string[] =>
      loadConfig({ ...debug, MFA_REQUIRED_ROLES: text }).mfa.requiredRoles;

    expect(loadConfig(debug).mfa).toEqual({ issuer: 'User Service', requiredRoles: ['admin'], resetDelayHours: 24 });
    expect(['none', 'User, ADMIN', 'user', ''].map(rolesFor)).toEqual([[], ['user', 'admin'], ['user'], ['admin']]);
    for (const wrong of ['root', 'admin,', 'admin,none', 'admin;user']) {
      expect(() => rolesFor(wrong)).toThrow('MFA_REQUIRED_ROLES must be none, or some of user, admin');
    }
  });

  it('makes passkeys for the host of the service, unless it is told otherwise', () => {
    const base = { ...debug, PUBLIC_BASE_URL: 'https://id.example.com/auth' };
    expect(loadConfig(base).passkeys).toEqual({
      relyingPartyId: 'id.example.com',
      relyingPartyName: 'User Service',
      origins: ['https://id.example.com'],
      rememberDeviceDays: 0,
    });
    const app = `android:apk-key-hash:${'a'.repeat(43)}`;
    const more = { WEBAUTHN_RP_ID: 'example.com', WEBAUTHN_ORIGINS: JSON.stringify(['https://www.example.com', app]) };
    expect(loadConfig({ ...base, ...more }).passkeys).toMatchObject({
      relyingPartyId: 'example.com',
      origins: ['https://id.example.com', 'https://www.example.com', app],
    });
  });

  it('derives issuer, log level and documentation from other variables unless they are set', () => {
    const base = { ...debug, PUBLIC_BASE_URL: 'https://id.test/' };
    expect(loadConfig(base)).toMatchObject({
      jwt: { issuer: 'https://id.test' },
      logging: { level: 'debug' },
      docs: { enabled: true },
    });
    expect(loadConfig(production)).toMatchObject({ logging: { level: 'info' }, docs: { enabled: false } });
    expect(loadConfig({ ...base, JWT_ISSUER: 'me', LOG_LEVEL: 'WARN', DOCS_ENABLED: 'no' })).toMatchObject({
      jwt: { issuer: 'me' },
      logging: { level: 'warn' },
      docs: { enabled: false },
    });
  });

  it('returns a deeply frozen object', () => {
    const config = loadConfig(production);
    expect(() => Object.assign(config.password.hash, { timeCost: 1 })).toThrow(TypeError);
    expect(() => (config.cors.origins as string[]).push('https://evil.test')).toThrow(TypeError);
    expect(() => Object.assign(config.encryption.keys[0] ?? {}, { kid: 'x' })).toThrow(TypeError);
  });

  it('ignores unknown variables and takes empty ones as not set', () => {
    expect(loadConfig({ ...debug, NO_SUCH_THING: '1', REDIS_URL: '', PORT: '', JWT_SECRET_FILE: '' }).server.port).toBe(
      8000,
    );
    expect(refused({ ...debug, JWT_SECRET: '' })).toEqual(['JWT_SECRET']);
  });

  it.each(['true', 'TRUE', '1', 'yes', 'Yes', 'on'])('reads %s as true', (word) => {
    expect(loadConfig({ ...debug, DEBUG: word }).debug).toBe(true);
  });

  it.each(['false', 'False', '0', 'no', 'NO', 'off'])('reads %s as false', (word) => {
    expect(loadConfig({ ...debug, RATE_LIMIT_ENABLED: word }).rateLimit.enabled).toBe(false);
  });

  it('names every wrong variable in one message that holds none of the values', () => {
    const wrong = {
      DEBUG: 'perhaps-a',
      PORT: '70001',
      JWT_SECRET: 'tooshort-b',
      DATABASE_URL: 'mysql://u:hunter-c@db/x',
      CORS_ORIGINS: '["https://app.test/path-d"',
      TRUSTED_PROXIES: '10.0.0.0/99',
      DATA_ENCRYPTION_KEYS: 'kid-e:Zm9v',
      BLIND_INDEX_KEY: 'not-base64-f',
      REDIS_URL: 'http://u:hunter-g@redis',
      SMTP_URL: 'smtp://u:hunter-h@mail.test?x=1',
      LOG_LEVEL: 'loud-i',
      MAIL_FROM: 'nobody-j',
    };
    const error = refusal(wrong);
    const named = error.problems.map(({ variable }) => variable).sort();
    expect(named).toEqual([...Object.keys(wrong), 'AUDIT_SERVICE_URL'].sort());
    for (const name of named) expect(error.message).toMatch(new RegExp(`^  ${name} \\S`, 'm'));
    for (const value of Object.values(wrong)) expect(error.message).not.toContain(value);
    expect(error.message).not.toMatch(/hunter|-[a-j]\b|Zm9v|mail\.test|app\.test|70001/);
  });
});

describe('a wrong value', () => {
  const bad: [string, string[]][] = [
    ['RATE_LIMIT_ENABLED', ['maybe', 'express:*', '2', 'truee']],
    ['PORT', ['-1', '65536', '80.5', '0x50', '8e3', 'http']],
    ['REPLICAS', ['0', '1001']],
    ['HOST', ['not a host', '-x']],
    ['JWT_SECRET', [randomBytes(63).toString('latin1').slice(0, 63), 'x'.repeat(63)]],
    ['DATABASE_URL', ['db', 'mysql://u:p@h/d', 'postgresql:u@h/d', 'postgresql://h/d', 'postgresql://u:p@h']],
    ['DATABASE_URL', ['postgresql://u@/d', 'postgresql://u@h/d?sslmode=prefer', 'postgresql://u@h/d?sslrootcert=/x']],
    ['REDIS_URL', ['redis', 'http://h', 'redis://h/x', 'redis://h/0/1', 'redis:h']],
    ['SMTP_URL', ['mail.test', 'http://mail.test', 'smtp://m.test/x', 'smtps://m.test?tls.rejectUnauthorized=false']],
    ['AUDIT_SERVICE_URL', ['audit', 'ftp://audit', 'http://u:p@audit', 'http://audit?x=1', 'http://audit#x']],
    ['PUBLIC_BASE_URL', ['localhost:8000', 'https://', 'javascript:alert(1)']],
    ['CORS_ORIGINS', ['https://a.test', '{}', '[1]', '["null"]', '["https://a.test/"]', '["https://a.test:443"]']],
    ['WEBAUTHN_ORIGINS', ['["*"]', '["https://a.test/"]', '["android:apk-key-hash:abc"]', '["ios:bundle"]', 'x']],
    ['WEBAUTHN_RP_ID', ['Example.com', 'https://example.com', '127.0.0.1', 'example.com.', 'other.example']],
    ['CORS_ORIGINS', ['["https://A.test"]', '["*"]', '["https://*.a.test"]', '["a.test"]', '["https://u@a.test"]']],
    ['TRUSTED_PROXIES', ['all', '10.0.0.0/33', '10.0.0.0/0', '::/0', '10.0.0.1,,10.0.0.2', 'fe80::1%eth0', '1/2/3']],
    ['DATA_ENCRYPTION_KEYS', [dataKey, `k1:${random(31)}`, `k 1:${dataKey}`, `k1:${dataKey},`, `k1:${'*'.repeat(44)}`]],
    ['DATA_ENCRYPTION_KEYS', [`k1:${dataKey},k1:${blindIndexKey}`, `${'k'.repeat(33)}:${dataKey}`]],
    ['BLIND_INDEX_KEY', [random(33), `${blindIndexKey}!`, randomBytes(32).toString('hex')]],
    ['PASSWORD_MIN_LENGTH', ['7', '65']],
    ['PASSWORD_HASH_MEMORY_KIB', ['19455', '99999999']],
    ['PASSWORD_HASH_TIME_COST', ['1', '21']],
    ['PASSWORD_PEPPER', ['short', `p1:${jwtSecret},p2:short`, `p1:${jwtSecret},p1:${dataKey}`]],
    ['METRICS_TOKEN', ['short', `${jwtSecret} with spaces`]],
    ['METRICS_PORT', ['8000', '65536']],
    ['MINIMUM_AGE', ['0', 'fourteen']],
    ['VERIFICATION_TOKEN_HOURS', ['0', '25']],
    ['RECOVERY_MAILS_PER_SOURCE', ['0', 'many']],
    ['HTTP_HEADERS_TIMEOUT_MS', ['999', '15001']],
    ['LOG_LEVEL', ['verbose']],
    ['MAIL_FROM', ['nobody', 'a@b.test, c@d.test', 'A <a@b.test>\r\nBcc: x@y.test']],
  ];

  it.each(bad.flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    'of %s is refused: %j',
    (name, value) => {
      expect(refused({ ...debug, [name]: value })).toEqual([name]);
    },
  );

  it.each(['DATABASE_URL', 'JWT_SECRET', 'DATA_ENCRYPTION_KEYS', 'BLIND_INDEX_KEY'])(
    'DP-04: a missing %s is refused in debug mode too',
    (name) => {
      expect(refused({ ...debug, [name]: undefined })).toEqual([name]);
      expect(refused({ ...production, [name]: undefined })).toEqual([name]);
    },
  );
});

describe('production', () => {
  it('holds whenever DEBUG is not true', () => {
    expect(refused({ ...production, DEBUG: undefined, SMTP_URL: undefined })).toEqual(['SMTP_URL']);
    expect(refused({ ...production, DEBUG: 'ture', SMTP_URL: undefined })).toEqual(['DEBUG', 'SMTP_URL']);
  });

  it('refuses DEBUG=true together with NODE_ENV=production', () => {
    expect(refused({ ...debug, NODE_ENV: 'production' })).toEqual(['DEBUG']);
    expect(loadConfig({ ...production, NODE_ENV: 'production' }).debug).toBe(false);
  });

  const repeated = Buffer.alloc(32, 'ab').toString('base64');
  const only: [string, string | undefined, string][] = [
    ['DP-04: sample JWT_SECRET', `${jwtSecret}-change-me`, 'JWT_SECRET'],
    ['DP-04: repeated JWT_SECRET', 'x'.repeat(64), 'JWT_SECRET'],
    ['ID-10: an all-zero data key', `k1:${Buffer.alloc(32).toString('base64')}`, 'DATA_ENCRYPTION_KEYS'],
    ['DP-04: one repeated data key of two', `k1:${dataKey},k2:${repeated}`, 'DATA_ENCRYPTION_KEYS'],
    ['the same data key twice', `k1:${dataKey},k2:${dataKey}`, 'DATA_ENCRYPTION_KEYS'],
    ['DP-04: a repeated index key', repeated, 'BLIND_INDEX_KEY'],
    ['an index key that is also a data key', dataKey, 'BLIND_INDEX_KEY'],
    ['a guessable pepper', 'pepper'.repeat(10), 'PASSWORD_PEPPER'],
    ['JWT_SECRET as pepper', jwtSecret, 'PASSWORD_PEPPER'],
    ['JWT_SECRET as one of two peppers', `p2:${dataKey},p1:${jwtSecret}`, 'PASSWORD_PEPPER'],
    ['a sample metrics token', `metrics-secret-${jwtSecret}`, 'METRICS_TOKEN'],
    ['a short audit API key', 'k3y-0f-the-aud1t', 'AUDIT_SERVICE_API_KEY'],
    ['a missing SMTP_URL', undefined, 'SMTP_URL'],
    ['a missing AUDIT_SERVICE_URL', undefined, 'AUDIT_SERVICE_URL'],
    ['open CORS', 'true', 'CORS_ALLOW_ALL_ORIGINS'],
    ['port 0', '0', 'PORT'],
    ['plain http to a public audit service', 'http://audit.example.com', 'AUDIT_SERVICE_URL'],
    ['a public base URL without TLS', 'http://id.example.com', 'PUBLIC_BASE_URL'],
    ['plain smtp to a public host', 'smtp://mail.example.com', 'SMTP_URL'],
    ['plain redis to a public host', 'redis://cache.example.com', 'REDIS_URL'],
    ['plain postgresql to a public address', 'postgresql://u:p@203.0.113.7/db', 'DATABASE_URL'],
    ['passkeys for a page without TLS', '["http://www.example.com"]', 'WEBAUTHN_ORIGINS'],
    ['the sample database password', 'postgresql://u:change-me@localhost/db', 'DATABASE_URL'],
    ['certificate verification turned off', '0', 'NODE_TLS_REJECT_UNAUTHORIZED'],
  ];

  it.each(only)('refuses what debug mode accepts: %s', (_what, value, name) => {
    expect(refused({ ...production, [name]: value })).toEqual([name]);
    expect(loadConfig({ ...debug, [name]: value }).debug).toBe(true);
  });

  it('refuses * among the CORS origins, which debug mode takes with CORS_ALLOW_ALL_ORIGINS', () => {
    expect(refused({ ...production, CORS_ORIGINS: '["*"]' })).toEqual(['CORS_ORIGINS']);
    expect(loadConfig({ ...debug, CORS_ORIGINS: '["*"]', CORS_ALLOW_ALL_ORIGINS: 'true' }).cors).toEqual({
      allowAllOrigins: true,
      origins: [],
    });
  });

  it('takes TLS to public hosts, by STARTTLS too', () => {
    const urls = {
      DATABASE_URL: 'postgresql://u:p@db.example.com/db?sslmode=require',
      REDIS_URL: 'rediss://cache.example.com',
      SMTP_URL: 'smtp://mail.example.com:587?requireTLS=true',
      AUDIT_SERVICE_URL: 'https://audit.example.com',
      PUBLIC_BASE_URL: 'https://id.example.com',
    };
    expect(loadConfig({ ...production, ...urls })).toMatchObject({
      database: { tls: true },
      redis: { tls: true },
      mail: { smtp: { requireStartTls: true } },
    });
  });

  it('needs Redis for more than one replica', () => {
    expect(refused({ ...production, REDIS_URL: undefined, REPLICAS: '2' })).toEqual(['REDIS_URL']);
    expect(loadConfig({ ...production, REPLICAS: '2' }).server.replicas).toBe(2);
    expect(loadConfig({ ...production, REDIS_URL: undefined }).redis).toBeUndefined();
    expect(loadConfig({ ...debug, REPLICAS: '2' }).redis).toBeUndefined();
  });
});
