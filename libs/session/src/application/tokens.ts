import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { Session } from '../domain/session.js';
import { AccessTokenSigner, RefreshTokens, SessionSettings, type SignedInUser } from './ports.js';

// Tells people and secret scanners what they have found.
const REFRESH_PREFIX = 'usr_';
const MINUTE_S = 60;

/** What a client gets for signing in or refreshing. Times in seconds. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresIn: number;
  readonly sessionId: string;
  readonly user: SignedInUser;
}

/** Makes the two tokens of a session. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly signer: AccessTokenSigner,
    private readonly refreshTokens: RefreshTokens,
    private readonly settings: SessionSettings,
    private readonly ids: Ids,
  ) {}

  /** Stores the next refresh token of a session, in the running unit of work. */
  async nextRefreshToken({ state }: Session, generation: number, now: Date): Promise<string> {
    const token = `${REFRESH_PREFIX}${this.ids.secret(256)}`;
    const { id: sessionId, expiresAt } = state;
    await this.refreshTokens.add({ token, sessionId, generation, issuedAt: now, expiresAt });
    return token;
  }

  /** Signs the access token. Roles are the account's present ones. */
  issue({ state }: Session, user: SignedInUser, refreshToken: string, now: Date): IssuedTokens {
    const { id: sessionId, authTime, amr, acr, expiresAt } = state;
    const subject = { userId: user.id, sessionId, roles: user.roles, authTime, amr, acr };
    return {
      accessToken: this.signer.sign(subject, now),
      expiresIn: this.settings.accessTokenMinutes * MINUTE_S,
      refreshToken,
      refreshExpiresIn: Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
      sessionId,
      user,
    };
  }
}
