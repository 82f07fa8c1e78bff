import { headerSecretText, integerText, lineText, mailboxText, secretsText } from './formats.js';
import { guessable } from './guessable.js';
import {
  databaseRefusedInProduction,
  databaseUrl,
  httpBaseUrl,
  httpRefusedInProduction,
  smtpRefusedInProduction,
  smtpUrl,
} from './urls.js';
import { redisRefusedInProduction, redisUrl } from './redis-url.js';
import { defaulted, optional, required, requiredInProduction } from './variable.js';

/** The databases. */
export const storageVariables = {
  DATABASE_URL: required({
    schema: databaseUrl,
    type: 'postgresql://, postgres:// or postgresql+asyncpg:// URL',
    secret: true,
    sample: 'postgresql://user_service:change-me@localhost:5432/user_service',
    meaning:
      'PostgreSQL. `?sslmode=require` (or `ssl=require`) speaks TLS and always verifies it; other parameters are ignored.',
    refusedInProduction: databaseRefusedInProduction,
  }),
  DATABASE_POOL_SIZE: defaulted('15', {
    schema: integerText(2, 200),
    type: 'integer 2..200',
    meaning: 'Most connections to PostgreSQL that one instance holds.',
  }),
  DATABASE_CONNECT_TIMEOUT_MS: defaulted('1000', {
    schema: integerText(100, 60_000),
    type: 'integer 100..60000',
    meaning: 'Milliseconds to wait for a connection, new or from the pool.',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: defaulted('3000', {
    schema: integerText(100, 300_000),
    type: 'integer 100..300000',
    meaning: 'Milliseconds after which PostgreSQL cancels a statement.',
  }),
  DATABASE_LOCK_TIMEOUT_MS: defaulted('1000', {
    schema: integerText(10, 300_000),
    type: 'integer 10..300000',
    meaning: 'Milliseconds a statement waits for a lock.',
  }),
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: defaulted('10000', {
    schema: integerText(1000, 300_000),
    type: 'integer 1000..300000',
    meaning: 'Milliseconds after which PostgreSQL ends a transaction that does nothing.',
  }),
  REDIS_URL: optional({
    schema: redisUrl,
    type: 'redis://, redis+sentinel:// or redis+cluster:// URL, or the same with rediss',
    secret: true,
    fallbackText: 'none',
    meaning:
      'Redis, for what instances share and can lose: rate limits, caches, messages. One server: `redis://user:password@host:6379/0`. By Sentinels: `redis+sentinel://host1:26379,host2/<master>/<database>`, with `?sentinelUsername=…&sentinelPassword=…` when they ask for one. Cluster: `redis+cluster://host1:6379,host2`. With rediss instead of redis it speaks TLS and verifies it. Out of reach it never stops the service. In production it can be missing only with REPLICAS=1.',
    refusedInProduction: redisRefusedInProduction,
  }),
};

/** Passwords and registration. */
export const identityVariables = {
  PASSWORD_MIN_LENGTH: defaulted('12', {
    schema: integerText(8, 64),
    type: 'integer 8..64',
    meaning: 'Least length of a new password, in code points.',
  }),
  PASSWORD_PEPPER: optional({
    schema: secretsText(32),
    type: 'at least 32 characters, or id:secret, comma-separated',
    secret: true,
    meaning:
      'Keys an HMAC over every password before it is hashed. Of several the first one is used, and the others verify until their users have signed in. A secret without an id has the id `1`, and must not begin like an id with a colon. Once a secret is gone, the passwords hashed under it no longer verify.',
    refusedInProduction: (peppers) =>
      peppers.map(({ secret }) => guessable(secret)).find((reason) => reason !== undefined),
  }),
  PASSWORD_HASH_MEMORY_KIB: defaulted('19456', {
    schema: integerText(19_456, 1_048_576),
    type: 'integer 19456..1048576',
    meaning: 'Memory of one Argon2id hash, in KiB.',
  }),
  PASSWORD_HASH_TIME_COST: defaulted('2', {
    schema: integerText(2, 20),
    type: 'integer 2..20',
    meaning: 'Passes of one Argon2id hash.',
  }),
  PASSWORD_HASH_PARALLELISM: defaulted('1', {
    schema: integerText(1, 16),
    type: 'integer 1..16',
    meaning: 'Lanes of one Argon2id hash.',
  }),
  PASSWORD_HASH_CONCURRENCY: optional({
    schema: integerText(1, 256),
    type: 'integer 1..256',
    fallbackText: 'the number of available cores',
    meaning: 'Hashes computed at the same time.',
  }),
  PASSWORD_HASH_QUEUE: defaulted('64', {
    schema: integerText(1, 10_000),
    type: 'integer 1..10000',
    meaning: 'Hashes that may wait; further ones are answered 503 `overloaded`.',
  }),
  MINIMUM_AGE: optional({
    schema: integerText(1, 120),
    type: 'integer 1..120',
    fallbackText: 'none: no birth date is asked for',
    meaning: 'Least age in years at registration, by the date in Seoul.',
  }),
  REGISTRATION_TIME_FLOOR_MS: defaulted('150', {
    schema: integerText(0, 5000),
    type: 'integer 0..5000',
    meaning:
      'Answers that must not tell whether an address is known (registration, a new mail) are not sent before this many milliseconds.',
  }),
  VERIFICATION_TOKEN_HOURS: defaulted('24', {
    schema: integerText(1, 24), // OWASP ASVS 5.0 6.4.1
    type: 'integer 1..24',
    meaning: 'Hours a mail address can be verified with the link that was sent.',
  }),
  RECOVERY_MAILS_PER_SOURCE: defaulted('60', {
    schema: integerText(1, 100_000),
    type: 'integer 1..100000',
    meaning:
      'Requests for a link to a new password that are looked at in an hour from one client address (IPv6: /64), whether or not anybody has the address that they name; each causes one mail at most. Further ones get the same answer and no mail. A failed sign-in with a password of more than 72 bytes counts as one. One account gets three mails an hour at most.',
  }),
};

/** Other systems. */
export const deliveryVariables = {
  SMTP_URL: requiredInProduction({
    schema: smtpUrl,
    type: 'smtp:// or smtps:// URL',
    secret: true,
    sample: 'smtp://localhost:1025',
    fallbackText: 'with DEBUG=true: none, mails are files in MAIL_DIR',
    meaning: 'Mail server. smtps:// is TLS from the first byte; `?requireTLS=true` insists on STARTTLS.',
    refusedInProduction: smtpRefusedInProduction,
  }),
  MAIL_DIR: defaulted('.data/mail', {
    schema: lineText,
    type: 'path',
    meaning: 'Folder that gets the mails as .eml files when there is no SMTP_URL.',
  }),
  MAIL_FROM: defaulted('User Service <no-reply@localhost>', {
    schema: mailboxText,
    type: 'mail address, with or without a name',
    meaning: 'Sender of the mails.',
  }),
  AUDIT_SERVICE_URL: requiredInProduction({
    schema: httpBaseUrl,
    type: 'http(s) URL',
    sample: 'http://localhost:8001',
    fallbackText: 'with DEBUG=true: http://localhost:8001',
    meaning: 'Base URL of the Audit Service.',
    refusedInProduction: httpRefusedInProduction,
  }),
  AUDIT_SERVICE_API_KEY: optional({
    schema: headerSecretText(1),
    type: 'visible ASCII characters, at least 32 in production',
    secret: true,
    meaning: 'Sent to the Audit Service as X-API-Key.',
    refusedInProduction: (key) => (key.length < 32 ? 'must have at least 32 characters' : guessable(key)),
  }),
  AUDIT_LANES: defaulted('8', {
    schema: integerText(1, 64),
    type: 'integer 1..64',
    meaning:
      'Independent ordered queues of audit events. The events of one user stay in order while it is not changed.',
  }),
  AUDIT_FIRST_LANE: defaulted('0', {
    schema: integerText(0, 32_000),
    type: 'integer 0..32000',
    meaning:
      'Number of the first lane. After a restore of the database to an earlier point it is raised by AUDIT_LANES, so that chains begin anew: docs/runbooks/audit-restore.md.',
  }),
  AUDIT_BATCH_SIZE: defaulted('500', {
    schema: integerText(1, 500),
    type: 'integer 1..500',
    meaning: 'Most audit events that are sent at once.',
  }),
  AUDIT_TIMEOUT_MS: defaulted('5000', {
    schema: integerText(100, 10_000),
    type: 'integer 100..10000',
    meaning: 'Milliseconds the Audit Service has to answer. No user waits for it.',
  }),
  AUDIT_SPOOL_DIR: defaulted('.data/audit-spool', {
    schema: lineText,
    type: 'path',
    meaning:
      'Folder of this instance for audit events of refusals while PostgreSQL is away. It must outlive the process, so in a container it is a volume. A start is refused where a folder that is named here cannot be made or written.',
  }),
  AUDIT_SPOOL_MAX_MB: defaulted('64', {
    schema: integerText(1, 100_000),
    type: 'integer 1..100000',
    meaning: 'Megabytes that folder may hold; when it is full, calls whose refusal must be told are answered 503.',
  }),
  AUDIT_TOLD_MINUTES: defaulted('120', {
    schema: integerText(60, 120),
    type: 'integer 60..120',
    meaning:
      'Minutes for which the ids of events of refusals are remembered, so that one whose COMMIT was not answered is delivered once: as long as an instance may be without PostgreSQL. After it the Audit Service tells the duplicate by its id.',
  }),
  AUDIT_OUTBOX_MAX_ROWS: defaulted('1000000', {
    schema: integerText(1, 1_000_000_000),
    type: 'integer 1..1000000000',
    meaning: 'Audit events that may wait for delivery; beyond, /health is degraded. None is ever dropped.',
  }),
  AUDIT_OUTBOX_MAX_AGE_SECONDS: defaulted('86400', {
    schema: integerText(1, 31_536_000),
    type: 'integer 1..31536000',
    meaning: 'Seconds the oldest audit event may wait; beyond, /health is degraded.',
  }),
};
