import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { MailQueueModule } from '#platform/mail';

import { AccountHistories } from './application/account-history.js';
import { AgeLimit } from './application/age-limit.js';
import { ApiKeyMint, ApiKeyQueries, ApiKeyRepository } from './application/api-key-ports.js';
import {
  ConfirmEmailChange,
  NewAddresses,
  RequestEmailChange,
  TakeBack,
  Transactions,
  UndoEmailChange,
} from './application/change-email.js';
import { ChangePassword, PasswordSecrets } from './application/change-password.js';
import { CreateAdmin } from './application/create-admin.js';
import { CreateApiKey } from './application/create-api-key.js';
import { EmailChanges } from './application/email-changes.js';
import { EmailVerification } from './application/email-verification.js';
import { IdentityApi } from './application/identity-api.js';
import { KnownDevices } from './application/known-devices.js';
import { ListApiKeys } from './application/list-api-keys.js';
import { AnswerRecoveryRequest, MailPasswordReset } from './application/mail-password-reset.js';
import { NoteApiKeyUse } from './application/note-api-key-use.js';
import { PasswordRecovery } from './application/password-recovery.js';
import {
  EmailParser,
  IdentityMail,
  OneTimeTokens,
  PasswordHasher,
  PasswordPolicy,
  RecoveryBudget,
  RecoveryRequests,
  UserQueries,
  UserRepository,
} from './application/ports.js';
import { JudgePassword } from './application/judge-password.js';
import { PasswordAttempts } from './application/password-attempts.js';
import { ReadAccountHistory } from './application/read-account-history.js';
import { ReadProfile } from './application/read-profile.js';
import { RegisterUser } from './application/register-user.js';
import { RegistrationRules } from './application/registration-rules.js';
import { RequestPasswordReset } from './application/request-password-reset.js';
import { ResendVerification } from './application/resend-verification.js';
import { ResetPassword, ResetSecrets } from './application/reset-password.js';
import { RevokeApiKey } from './application/revoke-api-key.js';
import { SecondFactorAccounts } from './application/second-factor-accounts.js';
import { SettleAttempt } from './application/settle-attempt.js';
import { SignInAttempts, SignInNotices, SignInWatch } from './application/sign-in-attempts.js';
import { Turns } from './application/turns.js';
import { UnlockAccount } from './application/unlock-account.js';
import { UpgradeHash } from './application/upgrade-hash.js';
import { UpdateProfile } from './application/update-profile.js';
import { VerifyEmail } from './application/verify-email.js';
import { WelcomeBack } from './application/welcome-back.js';
import { ApiKeyCache } from './infrastructure/api-key-cache.js';
import { RandomApiKeyMint } from './infrastructure/api-key-mint.random.js';
import { IdnaEmailParser } from './infrastructure/email-parser.idna.js';
import { ApiKeyRateLimitSubjects } from './infrastructure/http/api-key-rate-limit-subjects.js';
import { ApiKeyUses } from './infrastructure/http/api-key-uses.js';
import { ApiKeyGuard } from './infrastructure/http/api-key.guard.js';
import { EmailController, UndoEmailController } from './infrastructure/http/email.controller.js';
import { LinkPagesController } from './infrastructure/http/link-pages.controller.js';
import { PasswordController } from './infrastructure/http/password.controller.js';
import { ProfileController } from './infrastructure/http/profile.controller.js';
import { RecoveryController } from './infrastructure/http/recovery.controller.js';
import { RegistrationController } from './infrastructure/http/registration.controller.js';
import { QueuedIdentityMail } from './infrastructure/identity-mail.queue.js';
import { Argon2PasswordHasher } from './infrastructure/password-hasher.argon2.js';
import { ZxcvbnPasswordPolicy } from './infrastructure/password-policy.zxcvbn.js';
import { PostgresApiKeyQueries, PostgresApiKeyRepository } from './infrastructure/persistence/api-keys.postgres.js';
import { PostgresAccountHistories } from './infrastructure/persistence/account-histories.postgres.js';
import { AccountCache } from './infrastructure/persistence/account-cache.js';
import { ExpiredOneTimeTokens } from './infrastructure/persistence/expired-one-time-tokens.js';
import { ExpiredRecoverySources } from './infrastructure/persistence/expired-recovery-sources.js';
import { ExpiredAttempts, ExpiredDevices } from './infrastructure/persistence/expired-sign-ins.js';
import { PostgresKnownDevices } from './infrastructure/persistence/known-devices.postgres.js';
import { PostgresOneTimeTokens } from './infrastructure/persistence/one-time-tokens.postgres.js';
import { PostgresRecoveryBudget } from './infrastructure/persistence/recovery-budget.postgres.js';
import { PostgresRecoveryRequests } from './infrastructure/persistence/recovery-requests.postgres.js';
import { PostgresSignInAttempts } from './infrastructure/persistence/sign-in-attempts.postgres.js';
import { PostgresUserQueries } from './infrastructure/persistence/user.queries.postgres.js';
import { TypeOrmUserRepository } from './infrastructure/persistence/user.repository.typeorm.js';
import { OutdatedHashes } from './infrastructure/outdated-hashes.metrics.js';
import { IdentityPolicies } from './infrastructure/policies.js';
import { QueuedSignInNotices } from './infrastructure/sign-in-notices.queue.js';
import { MeasuredSignInWatch } from './infrastructure/sign-in-watch.metrics.js';
import { RecoveryWake } from './infrastructure/recovery-wake.js';
import { StoredRecipients } from './infrastructure/persistence/recipients.stored.js';

/** Who someone is, and which services may call. Settings and the platform's services come from global modules. */
@Module({
  imports: [MailQueueModule],
  controllers: [
    RegistrationController,
    RecoveryController,
    EmailController,
    UndoEmailController,
    LinkPagesController,
    ProfileController,
    PasswordController,
  ],
  providers: [
    RegisterUser,
    RegistrationRules,
    CreateAdmin,
    AgeLimit,
    EmailVerification,
    VerifyEmail,
    NewAddresses,
    EmailChanges,
    Transactions,
    RequestEmailChange,
    ConfirmEmailChange,
    TakeBack,
    UndoEmailChange,
    PasswordRecovery,
    RequestPasswordReset,
    MailPasswordReset,
    AnswerRecoveryRequest,
    ResetSecrets,
    ResetPassword,
    WelcomeBack,
    UnlockAccount,
    RecoveryWake,
    PostgresRecoveryRequests,
    ExpiredRecoverySources,
    ResendVerification,
    ReadAccountHistory,
    ReadProfile,
    UpdateProfile,
    ChangePassword,
    PasswordSecrets,
    SecondFactorAccounts,
    AccountCache,
    IdentityApi,
    JudgePassword,
    PasswordAttempts,
    SettleAttempt,
    Turns,
    UpgradeHash,
    IdentityPolicies,
    OutdatedHashes,
    CreateApiKey,
    ListApiKeys,
    RevokeApiKey,
    NoteApiKeyUse,
    ApiKeyCache,
    ApiKeyUses,
    ExpiredOneTimeTokens,
    ExpiredAttempts,
    ExpiredDevices,
    ApiKeyRateLimitSubjects,
    StoredRecipients,
    { provide: UserRepository, useClass: TypeOrmUserRepository },
    { provide: UserQueries, useClass: PostgresUserQueries },
    { provide: AccountHistories, useClass: PostgresAccountHistories },
    { provide: OneTimeTokens, useClass: PostgresOneTimeTokens },
    { provide: RecoveryRequests, useExisting: PostgresRecoveryRequests },
    { provide: RecoveryBudget, useClass: PostgresRecoveryBudget },
    { provide: SignInAttempts, useClass: PostgresSignInAttempts },
    { provide: SignInNotices, useClass: QueuedSignInNotices },
    { provide: SignInWatch, useClass: MeasuredSignInWatch },
    { provide: KnownDevices, useClass: PostgresKnownDevices },
    { provide: PasswordHasher, useClass: Argon2PasswordHasher },
    { provide: PasswordPolicy, useClass: ZxcvbnPasswordPolicy },
    { provide: EmailParser, useClass: IdnaEmailParser },
    { provide: IdentityMail, useClass: QueuedIdentityMail },
    { provide: ApiKeyMint, useClass: RandomApiKeyMint },
    { provide: ApiKeyRepository, useClass: PostgresApiKeyRepository },
    { provide: ApiKeyQueries, useClass: PostgresApiKeyQueries },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
  exports: [
    EmailParser,
    PasswordHasher,
    IdentityApi,
    ReadAccountHistory,
    CreateAdmin,
    MailPasswordReset,
    UnlockAccount,
    AnswerRecoveryRequest,
    PostgresRecoveryRequests,
    RecoveryWake,
    CreateApiKey,
    ListApiKeys,
    RevokeApiKey,
    ApiKeyRateLimitSubjects,
    SecondFactorAccounts,
    StoredRecipients,
  ],
})
export class IdentityModule {}
