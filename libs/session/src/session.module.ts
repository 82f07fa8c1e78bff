import { createSecretKey } from 'node:crypto';

import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';

import { IdentityModule } from '#identity';
import { MfaModule } from '#mfa';
import { MailQueueModule } from '#platform/mail';

import { AskForPasskey } from './application/ask-for-passkey.js';
import { AuthenticateToken } from './application/authenticate-token.js';
import { CompleteSignIn } from './application/complete-sign-in.js';
import { CheckAccess } from './application/check-access.js';
import { IntrospectToken } from './application/introspect-token.js';
import { ListSessions } from './application/list-sessions.js';
import { NoteForbidden } from './application/note-forbidden.js';
import { NoteRefusedToken, RefusedTokens } from './application/note-refused-token.js';
import { TellThrottledSignIns, ThrottledSignIns } from './application/throttled-sign-ins.js';
import { CountedThrottledSignIns } from './infrastructure/throttled-sign-ins.counted.js';
import { CountedRefusedTokens } from './infrastructure/refused-tokens.counted.js';
import { ProveFreshFactor } from './application/fresh-factor.js';
import { PasskeyCheck } from './application/passkey-check.js';
import { PasswordCheck } from './application/password-check.js';
import { PasswordStep } from './application/password-step.js';
import {
  AccessTokenSigner,
  AccessTokenVerifier,
  CredentialVerifier,
  RefreshTokens,
  SessionNotices,
  SuccessorTokens,
} from './application/ports.js';
import { AccountLog, ReadSecurityLog } from './application/read-security-log.js';
import { Reauthenticate, RenewAuthentication } from './application/reauthenticate.js';
import { RevokeToken } from './application/revoke-token.js';
import { RotateRefreshToken } from './application/rotate-refresh-token.js';
import { SecondFactors } from './application/second-factor.js';
import { SessionAdmission, SignInDevices } from './application/session-admission.js';
import { SessionFactory } from './application/session-factory.js';
import { SessionLimit } from './application/session-limit.js';
import { SessionOpener } from './application/session-opener.js';
import { SettleRefresh } from './application/settle-refresh.js';
import { HoldSession } from './application/hold-session.js';
import { SettleFactor } from './application/settle-factor.js';
import { SignInWithPasskey } from './application/sign-in-with-passkey.js';
import { SignIn } from './application/sign-in.js';
import { TokenIssuer } from './application/tokens.js';
import { AccessTokenKeys } from './infrastructure/access-token-keys.js';
import { JwtAccessTokenSigner } from './infrastructure/access-token-signer.jwt.js';
import { JwtAccessTokenVerifier } from './infrastructure/access-token-verifier.jwt.js';
import { AccessTokenSettings } from './infrastructure/access-token.settings.js';
import { IdentityAccountLog } from './infrastructure/account-log.identity.js';
import { IdentityCredentialVerifier } from './infrastructure/credential-verifier.identity.js';
import { AccessRulesGuard } from './infrastructure/http/access-rules.guard.js';
import { BearerGuard } from './infrastructure/http/bearer.guard.js';
import { GatewayController } from './infrastructure/http/gateway.controller.js';
import { JwtStrategy } from './infrastructure/http/jwt.strategy.js';
import { OAuthController } from './infrastructure/http/oauth.controller.js';
import { OwnSessionsController } from './infrastructure/http/own-sessions.controller.js';
import { PasskeySessionController } from './infrastructure/http/passkey-session.controller.js';
import { ReauthenticationController } from './infrastructure/http/reauthentication.controller.js';
import { SecondFactorController } from './infrastructure/http/second-factor.controller.js';
import { SecurityLogController } from './infrastructure/http/security-log.controller.js';
import { SessionController } from './infrastructure/http/session.controller.js';
import { TokenRateLimitSubjects } from './infrastructure/http/token-rate-limit-subjects.js';
import { WellKnownController } from './infrastructure/http/well-known.controller.js';
import { RefreshTokenPartitions } from './infrastructure/persistence/refresh-token-partitions.postgres.js';
import { PostgresRefreshTokens } from './infrastructure/persistence/refresh-tokens.postgres.js';
import { PostgresSessionDevices } from './infrastructure/persistence/session-devices.postgres.js';
import { MfaPasskeyCheck } from './infrastructure/passkey-check.mfa.js';
import { IdentityPasswordCheck } from './infrastructure/password-check.identity.js';
import { SessionPolicies } from './infrastructure/policies.js';
import { MfaSecondFactors } from './infrastructure/second-factors.mfa.js';
import { QueuedSessionNotices } from './infrastructure/session-notices.queue.js';
import { IdentitySignInDevices } from './infrastructure/sign-in-devices.identity.js';
import { HmacSuccessorTokens } from './infrastructure/successor-tokens.hmac.js';
import { SessionStoreModule } from './session-store.module.js';

/** That they are here. Brings the guard that every route passes; settings come from global modules. */
@Module({
  imports: [
    SessionStoreModule,
    IdentityModule,
    MfaModule,
    MailQueueModule,
    PassportModule,
    JwtModule.registerAsync({
      inject: [AccessTokenSettings],
      useFactory: ({ secret }: AccessTokenSettings) => ({ secret: createSecretKey(secret, 'utf8') }),
    }),
  ],
  controllers: [
    OAuthController,
    GatewayController,
    SessionController,
    OwnSessionsController,
    PasskeySessionController,
    ReauthenticationController,
    SecondFactorController,
    SecurityLogController,
    WellKnownController,
  ],
  providers: [
    SignIn,
    PasswordStep,
    CompleteSignIn,
    ProveFreshFactor,
    HoldSession,
    SettleFactor,
    SignInWithPasskey,
    AskForPasskey,
    ListSessions,
    NoteForbidden,
    NoteRefusedToken,
    TellThrottledSignIns,
    { provide: RefusedTokens, useClass: CountedRefusedTokens },
    CountedThrottledSignIns,
    { provide: ThrottledSignIns, useExisting: CountedThrottledSignIns },
    ReadSecurityLog,
    Reauthenticate,
    RenewAuthentication,
    RotateRefreshToken,
    CheckAccess,
    AuthenticateToken,
    IntrospectToken,
    RevokeToken,
    SessionFactory,
    SessionLimit,
    SessionAdmission,
    SessionOpener,
    SettleRefresh,
    TokenIssuer,
    SessionPolicies,
    AccessTokenKeys,
    JwtAccessTokenVerifier,
    JwtStrategy,
    TokenRateLimitSubjects,
    PostgresSessionDevices,
    RefreshTokenPartitions,
    { provide: CredentialVerifier, useClass: IdentityCredentialVerifier },
    { provide: PasskeyCheck, useClass: MfaPasskeyCheck },
    { provide: SignInDevices, useClass: IdentitySignInDevices },
    { provide: PasswordCheck, useClass: IdentityPasswordCheck },
    { provide: SecondFactors, useClass: MfaSecondFactors },
    { provide: AccountLog, useClass: IdentityAccountLog },
    { provide: RefreshTokens, useClass: PostgresRefreshTokens },
    { provide: SessionNotices, useClass: QueuedSessionNotices },
    { provide: SuccessorTokens, useClass: HmacSuccessorTokens },
    { provide: AccessTokenSigner, useClass: JwtAccessTokenSigner },
    { provide: AccessTokenVerifier, useExisting: JwtAccessTokenVerifier },
    // In this order: who it is, then whether they may.
    { provide: APP_GUARD, useClass: BearerGuard },
    { provide: APP_GUARD, useClass: AccessRulesGuard },
  ],
  exports: [TokenRateLimitSubjects],
})
export class SessionModule {}
