import { Users1763800000001 } from './1763800000001-users.js';
import { Sessions1763800000002 } from './1763800000002-sessions.js';
import { Outbox1763800000003 } from './1763800000003-outbox.js';
import { IdempotencyKeys1763800000004 } from './1763800000004-idempotency-keys.js';
import { ApiKeys1763800000005 } from './1763800000005-api-keys.js';
import { SessionIndexes1763800000006 } from './1763800000006-session-indexes.js';
import { AccountStates1763800000007 } from './1763800000007-account-states.js';
import { PendingRegistrations1763800000008 } from './1763800000008-pending-registrations.js';
import { AuditDelivery1763800000010 } from './1763800000010-audit-delivery.js';
import { OutboxIndexes1763800000011 } from './1763800000011-outbox-indexes.js';
import { AuditFacts1763800000012 } from './1763800000012-audit-facts.js';
import { Mfa1763800000020 } from './1763800000020-mfa.js';
import { MfaAnswers1763800000021 } from './1763800000021-mfa-answers.js';
import { MfaResets1763800000022 } from './1763800000022-mfa-resets.js';
import { MfaAttemptsWithinSessions1763800000023 } from './1763800000023-mfa-attempts-within-sessions.js';
import { Passkeys1763800000025 } from './1763800000025-passkeys.js';
import { TrustedDevices1763800000026 } from './1763800000026-trusted-devices.js';
import { SignInAttempts1763800000030 } from './1763800000030-sign-in-attempts.js';
import { Devices1763800000031 } from './1763800000031-devices.js';
import { Recovery1763800000040 } from './1763800000040-recovery.js';
import { LegacyImports1763800000041 } from './1763800000041-legacy-imports.js';
import { LegacyAudit1763800000042 } from './1763800000042-legacy-audit.js';
import { LastingImports1763800000043 } from './1763800000043-lasting-imports.js';
import { NoLegacyAudit1763800000044 } from './1763800000044-no-legacy-audit.js';
import { ToldEvents1763800000050 } from './1763800000050-told-events.js';
import { MfaSessionAttempts1763800000051 } from './1763800000051-mfa-session-attempts.js';
import { AccountSample1763800000052 } from './1763800000052-account-sample.js';
import { ExpiredAttempts1763800000053 } from './1763800000053-expired-attempts.js';
import { WaitingEvents1763800000056 } from './1763800000056-waiting-events.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  Users1763800000001,
  Sessions1763800000002,
  Outbox1763800000003,
  IdempotencyKeys1763800000004,
  ApiKeys1763800000005,
  SessionIndexes1763800000006,
  AccountStates1763800000007,
  PendingRegistrations1763800000008,
  AuditDelivery1763800000010,
  OutboxIndexes1763800000011,
  AuditFacts1763800000012,
  Mfa1763800000020,
  MfaAnswers1763800000021,
  MfaResets1763800000022,
  MfaAttemptsWithinSessions1763800000023,
  Passkeys1763800000025,
  TrustedDevices1763800000026,
  SignInAttempts1763800000030,
  Devices1763800000031,
  Recovery1763800000040,
  LegacyImports1763800000041,
  LegacyAudit1763800000042,
  LastingImports1763800000043,
  NoLegacyAudit1763800000044,
  ToldEvents1763800000050,
  MfaSessionAttempts1763800000051,
  AccountSample1763800000052,
  ExpiredAttempts1763800000053,
  WaitingEvents1763800000056,
] as const;
