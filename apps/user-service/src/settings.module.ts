import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';

import {
  AnnouncedSettings,
  AuditRecordSettings,
  AuditServiceSettings,
  DeliverySettings,
  OutboxLimits,
} from '#audit-gateway';
import {
  IdentitySettings,
  MailLinkSettings,
  PasswordHashSettings,
  PasswordPolicySettings,
  RecoverySettings,
  SignInSettings,
} from '#identity';
import { DeviceTrustSettings, FactorResetSettings, MfaSettings, WebAuthnSettings } from '#mfa';
import { KeySettings } from '#platform/crypto';
import { HashGateSettings } from '#platform/hashing';
import { HttpSettings, RateLimitSettings, TimeFloorSettings } from '#platform/http';
import { MailFileSettings, MailSettings, SmtpSettings } from '#platform/mail';
import { OutboxSettings, SpoolSettings, ToldEventsSettings } from '#platform/outbox';
import { PersistenceSettings } from '#platform/persistence';
import { RedisSettings } from '#platform/redis';
import { AccessTokenSettings, SessionSettings } from '#session';

import type { Config } from './config.js';
import { HealthSettings } from './health/health-settings.js';
import { MIGRATION_NAMES } from './migrate.js';
import { VERSION } from './version.js';

// The 64 places of the queue take about two seconds on two cores that have nothing else to do; a burst must be served on
// busier ones as well. Longer than 5 s in all is too long for whoever signs in.
const HASH_MAX_WAIT_MS = 4_000;

type Token<T> = abstract new () => T;
const bind = <T>(token: Token<T>, value: T): Provider => ({ provide: token, useValue: value });

/** What the HTTP adapter and the HTTP platform both need. */
export function httpSettings({ debug, server, cors }: Config): HttpSettings {
  return {
    publicBaseUrl: server.publicBaseUrl,
    production: !debug,
    trustedProxies: server.trustedProxies,
    corsOrigins: cors.origins,
    corsAllowAllOrigins: cors.allowAllOrigins,
    limits: {
      requestTimeout: server.requestTimeoutMs,
      headersTimeout: server.headersTimeoutMs,
      keepAliveTimeout: server.keepAliveTimeoutMs,
    },
  };
}

function platformSettings(config: Config): Provider[] {
  const { database, encryption, audit, password, rateLimit, registration, redis, server, signIn } = config;
  return [
    bind(PersistenceSettings, database),
    bind(KeySettings, { dataEncryptionKeys: encryption.keys, blindIndexKey: encryption.blindIndexKey }),
    bind(OutboxSettings, { lanes: audit.lanes, firstLane: audit.firstLane }),
    bind(SpoolSettings, audit.spool),
    bind(ToldEventsSettings, { keptMinutes: audit.toldMinutes }),
    bind(HttpSettings, httpSettings(config)),
    bind(RedisSettings, { address: redis }),
    bind(RateLimitSettings, { ...rateLimit, replicas: server.replicas }),
    bind(TimeFloorSettings, { milliseconds: registration.timeFloorMs, refusalMilliseconds: signIn.timeFloorMs }),
    bind(HashGateSettings, {
      concurrency: password.hash.concurrency,
      queueLimit: password.hash.queue,
      maxWaitMs: HASH_MAX_WAIT_MS,
    }),
  ];
}

function contextSettings({
  server,
  registration,
  recovery,
  password,
  jwt,
  session,
  mfa,
  passkeys,
  signIn,
}: Config): Provider[] {
  const { publicBaseUrl } = server;
  return [
    bind(IdentitySettings, registration),
    bind(RecoverySettings, recovery),
    bind(MailLinkSettings, { publicBaseUrl }),
    bind(PasswordPolicySettings, { minLength: password.minLength, serviceNames: ['user service'] }),
    bind(PasswordHashSettings, { ...password.hash, peppers: password.peppers }),
    bind(SignInSettings, signIn),
    bind(SessionSettings, {
      accessTokenMinutes: jwt.accessTokenMinutes,
      ...session,
      mfaRequiredRoles: mfa.requiredRoles,
    }),
    bind(AccessTokenSettings, { ...jwt, minutes: jwt.accessTokenMinutes }),
    bind(MfaSettings, mfa),
    bind(FactorResetSettings, mfa),
    bind(WebAuthnSettings, passkeys),
    bind(DeviceTrustSettings, passkeys),
    bind(AuditRecordSettings, { publicBaseUrl }),
  ];
}

function auditSettings({ audit, encryption, jwt }: Config): Provider[] {
  const { serviceUrl: url, apiKey, batchSize, timeoutMs, outbox } = audit;
  const dataKeyId = encryption.keys[0]?.kid ?? '';
  const tokenKeyId = jwt.signingKeys.find(({ signs }) => signs)?.kid ?? 'JWT_SECRET';
  return [
    bind(AuditServiceSettings, { url, apiKey, timeoutMs }),
    bind(DeliverySettings, { batchSize }),
    bind(OutboxLimits, outbox),
    bind(AnnouncedSettings, { version: VERSION, keys: { data_encryption: dataKeyId, token_signing: tokenKeyId } }),
  ];
}

function mailSettings({ mail }: Config): Provider[] {
  const smtp = mail.smtp ?? { url: '', requireStartTls: false };
  return [
    bind(MailSettings, { from: mail.from }),
    bind(MailFileSettings, { directory: mail.dir }),
    bind(SmtpSettings, smtp),
  ];
}

function operationSettings({ database, audit, mail }: Config): Provider[] {
  return [
    bind(HealthSettings, {
      databaseUrl: database.url,
      migrations: MIGRATION_NAMES,
      auditServiceUrl: audit.serviceUrl,
      // The one place this process writes to, where mails go to files; else wherever it was started.
      diskPath: mail.smtp === undefined ? mail.dir : '.',
    }),
  ];
}

/** The configuration, cut into the pieces that each part may know. */
@Global()
@Module({})
export class SettingsModule {
  static forRoot(config: Config): DynamicModule {
    const slices = [platformSettings, contextSettings, auditSettings, mailSettings, operationSettings];
    const providers = slices.flatMap((slice) => slice(config));
    const exported = providers.map((provider) => (provider as { provide: Type }).provide);
    return { module: SettingsModule, providers, exports: exported };
  }
}
