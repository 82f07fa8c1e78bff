import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import { effectiveRoles } from '../domain/assurance.js';
import type { PresentedToken } from '../domain/refresh-verdict.js';
import type { Session } from '../domain/session.js';
import {
  AccessTokenSigner,
  RefreshTokens,
  SessionSettings,
  SuccessorTokens,
  type SignedInUser,
  type Successor,
} from './ports.js';

// Tells people and secret scanners what they have found.
const REFRESH_PREFIX = 'usr_';
const NONCE_BITS = 128;
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

/** What tokens say about a session. */
export interface TokenSource {
  readonly id: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly acr: string;
  readonly expiresAt: Date;
}

/** Makes the two tokens of a session. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly signer: AccessTokenSigner,
    private readonly refreshTokens: RefreshTokens,
    private readonly successors: SuccessorTokens,
    private readonly settings: SessionSettings,
    private readonly ids: Ids,
  ) {}

  /** Stores the first refresh token of a session, in the running unit of work. */
  async firstRefreshToken({ state }: Session, now: Date): Promise<string> {
    const token = `${REFRESH_PREFIX}${this.ids.secret(256)}`;
    const { id: sessionId, expiresAt } = state;
    await this.refreshTokens.add({ token, sessionId, generation: 1, issuedAt: now, expiresAt });
    return token;
  }

  /** The token after this one: the same again once it has been made, else a new one. */
  successorOf({ sessionId, generation, nonce: known }: PresentedToken): Successor {
    const nonce = known ?? this.ids.secret(NONCE_BITS);
    return { token: `${REFRESH_PREFIX}${this.successors.derive(sessionId, generation + 1, nonce)}`, nonce };
  }

  /** Signs the access token. Roles are the account's present ones, as far as they count. */
  issue(session: TokenSource, user: SignedInUser, refreshToken: string, now: Date): IssuedTokens {
    const { id: sessionId, expiresAt } = session;
    return {
      ...this.accessToken(session, user, now),
      refreshToken,
      refreshExpiresIn: Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
      sessionId,
      user,
    };
  }

  accessToken(
    { id: sessionId, authTime, amr, acr }: TokenSource,
    user: SignedInUser,
    now: Date,
  ): { accessToken: string; expiresIn: number } {
    const isProven = user.mfaEnabled && acr !== '1';
    const roles = effectiveRoles(user.roles, this.settings.mfaRequiredRoles, isProven);
    return {
      accessToken: this.signer.sign({ userId: user.id, sessionId, roles, authTime, amr, acr }, now),
      expiresIn: this.settings.accessTokenMinutes * MINUTE_S,
    };
  }
}
