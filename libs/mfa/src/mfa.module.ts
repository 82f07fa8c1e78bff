import { Module } from '@nestjs/common';

import { IdentityModule } from '#identity';
import { MailQueueModule } from '#platform/mail';

import { AgreeToReset, ResetDecisions, ResetNotices, StopReset } from './application/agree-to-reset.js';
import { CheckProof, FactorMethods, ProofTraces } from './application/check-proof.js';
import { ConfirmTotp, TotpProposals } from './application/confirm-totp.js';
import { DropRecentFactors } from './application/drop-recent-factors.js';
import { FactorDuty } from './application/enable-factor.js';
import { EnrolTotp, Proposals } from './application/enrol-totp.js';
import { FactorResets, StopTokens } from './application/factor-resets.js';
import { LockedProofs, TellLockedProofs } from './application/locked-proofs.js';
import { Challenges, MfaApi } from './application/mfa-api.js';
import { MfaQueries } from './application/mfa-queries.js';
import {
  Holders,
  MfaAttempts,
  MfaChallenges,
  MfaFactors,
  MfaMetrics,
  MfaNotices,
  RecoveryCodeHasher,
  RecoveryCodes,
  TotpCodes,
  TotpFactors,
  type FactorMethod,
} from './application/ports.js';
import { PasskeyApi } from './application/passkey-api.js';
import { PasskeyMethod } from './application/passkey-method.js';
import { RecoveryCodeSets } from './application/recovery-code-set.js';
import { RecoveryCodeMethod } from './application/recovery-method.js';
import { RemoveTotp } from './application/remove-totp.js';
import { RenewRecoveryCodes } from './application/renew-recovery-codes.js';
import { FactorRemoval, RunDueResets } from './application/run-due-resets.js';
import { DeviceTrust } from './application/trusted-devices.js';
import { TotpMethod } from './application/totp-method.js';
import { MfaPolicies } from './infrastructure/policies.js';
import { DueResets } from './infrastructure/due-resets.js';
import { IdentityHolders } from './infrastructure/holders.identity.js';
import { AdminResetController } from './infrastructure/http/admin-reset.controller.js';
import { CountedLockedProofs } from './infrastructure/locked-proofs.counted.js';
import { MfaController } from './infrastructure/http/mfa.controller.js';
import { StopResetController } from './infrastructure/http/stop-reset.controller.js';
import { RelatedOriginsController } from './infrastructure/http/related-origins.controller.js';
import { PasskeysController } from './infrastructure/http/passkeys.controller.js';
import { TrustedDevicesController } from './infrastructure/http/trusted-devices.controller.js';
import { TotpController } from './infrastructure/http/totp.controller.js';
import { PrometheusMfaMetrics } from './infrastructure/mfa-metrics.prometheus.js';
import { QueuedMfaNotices } from './infrastructure/mfa-notices.queue.js';
import { ExpiredChallenges } from './infrastructure/persistence/expired-challenges.js';
import { PostgresFactorResets } from './infrastructure/persistence/factor-resets.postgres.js';
import { ExpiredSessionAttempts, PostgresMfaAttempts } from './infrastructure/persistence/mfa-attempts.postgres.js';
import { PostgresMfaChallenges } from './infrastructure/persistence/mfa-challenges.postgres.js';
import { PostgresMfaFactors } from './infrastructure/persistence/mfa-factors.postgres.js';
import { PostgresMfaQueries } from './infrastructure/persistence/mfa.queries.postgres.js';
import { PostgresRecoveryCodes } from './infrastructure/persistence/recovery-codes.postgres.js';
import { PostgresTotpFactors } from './infrastructure/persistence/totp-factors.postgres.js';
import { Argon2RecoveryCodeHasher } from './infrastructure/recovery-code-hasher.argon2.js';
import { HmacStopTokens } from './infrastructure/stop-tokens.hmac.js';
import { SpeakeasyTotpCodes } from './infrastructure/totp-codes.speakeasy.js';
import { PASSKEY_PROVIDERS } from './passkey-providers.js';

/** Every kind of second factor; a new kind is added here. */
const METHODS = [TotpMethod, RecoveryCodeMethod, PasskeyMethod];

/** That it is really them. Settings and the platform's services come from global modules. */
@Module({
  imports: [IdentityModule, MailQueueModule],
  controllers: [
    MfaController,
    TotpController,
    PasskeysController,
    RelatedOriginsController,
    TrustedDevicesController,
    AdminResetController,
    StopResetController,
  ],
  providers: [
    ...METHODS,
    {
      provide: FactorMethods,
      inject: METHODS,
      useFactory: (...methods: FactorMethod[]) => new FactorMethods(methods),
    },
    ...PASSKEY_PROVIDERS,
    CheckProof,
    ProofTraces,
    Challenges,
    MfaApi,
    EnrolTotp,
    Proposals,
    ConfirmTotp,
    TotpProposals,
    RemoveTotp,
    RenewRecoveryCodes,
    RecoveryCodeSets,
    FactorDuty,
    ExpiredChallenges,
    ExpiredSessionAttempts,
    DropRecentFactors,
    TellLockedProofs,
    { provide: LockedProofs, useClass: CountedLockedProofs },
    MfaPolicies,
    AgreeToReset,
    ResetDecisions,
    ResetNotices,
    StopReset,
    FactorRemoval,
    RunDueResets,
    DueResets,
    { provide: FactorResets, useClass: PostgresFactorResets },
    { provide: StopTokens, useClass: HmacStopTokens },
    { provide: MfaQueries, useClass: PostgresMfaQueries },
    { provide: MfaAttempts, useClass: PostgresMfaAttempts },
    { provide: MfaChallenges, useClass: PostgresMfaChallenges },
    { provide: MfaFactors, useClass: PostgresMfaFactors },
    { provide: TotpFactors, useClass: PostgresTotpFactors },
    { provide: TotpCodes, useClass: SpeakeasyTotpCodes },
    { provide: RecoveryCodes, useClass: PostgresRecoveryCodes },
    { provide: RecoveryCodeHasher, useClass: Argon2RecoveryCodeHasher },
    { provide: Holders, useClass: IdentityHolders },
    { provide: MfaNotices, useClass: QueuedMfaNotices },
    { provide: MfaMetrics, useClass: PrometheusMfaMetrics },
  ],
  exports: [MfaApi, PasskeyApi, DeviceTrust],
})
export class MfaModule {}
