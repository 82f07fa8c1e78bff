import { createSecretKey } from 'node:crypto';

import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';

import { IdentityModule } from '#identity';

import { CheckAccess } from './application/check-access.js';
import {
  AccessTokenSigner,
  AccessTokenVerifier,
  CredentialVerifier,
  RefreshTokens,
  SessionLiveness,
  SessionRepository,
} from './application/ports.js';
import { RotateRefreshToken } from './application/rotate-refresh-token.js';
import { SessionFactory } from './application/session-factory.js';
import { SessionOpener } from './application/session-opener.js';
import { SignIn } from './application/sign-in.js';
import { SignOut } from './application/sign-out.js';
import { TokenIssuer } from './application/tokens.js';
import { AccessTokenKeys } from './infrastructure/access-token-keys.js';
import { JwtAccessTokenSigner } from './infrastructure/access-token-signer.jwt.js';
import { JwtAccessTokenVerifier } from './infrastructure/access-token-verifier.jwt.js';
import { AccessTokenSettings } from './infrastructure/access-token.settings.js';
import { IdentityCredentialVerifier } from './infrastructure/credential-verifier.identity.js';
import { BearerGuard } from './infrastructure/http/bearer.guard.js';
import { JwtStrategy } from './infrastructure/http/jwt.strategy.js';
import { SessionController } from './infrastructure/http/session.controller.js';
import { RefreshTokenPartitions } from './infrastructure/persistence/refresh-token-partitions.postgres.js';
import { PostgresRefreshTokens } from './infrastructure/persistence/refresh-tokens.postgres.js';
import { PostgresSessionLiveness } from './infrastructure/persistence/session-liveness.postgres.js';
import { TypeOrmSessionRepository } from './infrastructure/persistence/session.repository.typeorm.js';

/** That they are here. Brings the guard that every route passes; settings come from global modules. */
@Module({
  imports: [
    IdentityModule,
    PassportModule,
    JwtModule.registerAsync({
      inject: [AccessTokenSettings],
      useFactory: ({ secret }: AccessTokenSettings) => ({ secret: createSecretKey(secret, 'utf8') }),
    }),
  ],
  controllers: [SessionController],
  providers: [
    SignIn,
    SignOut,
    RotateRefreshToken,
    CheckAccess,
    SessionFactory,
    SessionOpener,
    TokenIssuer,
    AccessTokenKeys,
    JwtAccessTokenVerifier,
    JwtStrategy,
    RefreshTokenPartitions,
    { provide: CredentialVerifier, useClass: IdentityCredentialVerifier },
    { provide: SessionRepository, useClass: TypeOrmSessionRepository },
    { provide: RefreshTokens, useClass: PostgresRefreshTokens },
    { provide: SessionLiveness, useClass: PostgresSessionLiveness },
    { provide: AccessTokenSigner, useClass: JwtAccessTokenSigner },
    { provide: AccessTokenVerifier, useExisting: JwtAccessTokenVerifier },
    { provide: APP_GUARD, useClass: BearerGuard },
  ],
})
export class SessionModule {}
