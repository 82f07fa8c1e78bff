import { Injectable } from '@nestjs/common';

import { SessionStateUnavailable } from '../domain/errors.js';
import type { Refreshed } from '../domain/events.js';
import type { PresentedToken } from '../domain/refresh-verdict.js';
import { CredentialVerifier, RefreshTokens, type SignedInUser } from './ports.js';
import { SettleRefresh } from './settle-refresh.js';
import { TokenIssuer, type IssuedTokens } from './tokens.js';

// Each look after the first means that somebody changed the same session at the same moment.
const LOOKS = 4;

/**
 * Exchanges a refresh token for its successor. The successor is derived, so that a token which comes back because its
 * answer was lost gets the same one again; any other token that comes back ends its session (RFC 9700 §4.14.2). Roles
 * are read anew; how and when the user authenticated stays as it was.
 */
@Injectable()
export class RotateRefreshToken {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly credentials: CredentialVerifier,
    private readonly tokens: TokenIssuer,
    private readonly settle: SettleRefresh,
  ) {}

  /** Throws `RefreshInvalid`, `RefreshReused`, `SessionIdleTimeout`. */
  async execute(token: string, now: Date): Promise<IssuedTokens> {
    for (let look = 1; look <= LOOKS; look += 1) {
      const issued = await this.attempt(token, now);
      if (issued !== null) return issued;
    }
    throw new SessionStateUnavailable();
  }

  /** `null` when what was read is no longer true. */
  private async attempt(token: string, now: Date): Promise<IssuedTokens | null> {
    const presented = await this.refreshTokens.inspect(token, now);
    if (presented === null) return this.settle.unknown(now);
    const verdict = this.settle.judge(presented, now);
    if (verdict !== 'rotate' && verdict !== 'repeat') return this.settle.refuse(presented, verdict, now);
    const { userId, session, account, generation } = presented;
    const user = await this.credentials.current(userId, session.epoch, account.version);
    if (user === null) return null;
    const successor = this.tokens.successorOf(presented);
    const event = refreshed(presented, generation + 1, verdict === 'repeat', now);
    if (verdict === 'repeat') await this.settle.repeated(event);
    else if (!(await this.refreshTokens.rotate(token, presented, successor, event))) return null;
    return this.issue(presented, user, successor.token, now);
  }

  private issue(
    { sessionId, session }: PresentedToken,
    user: SignedInUser,
    refreshToken: string,
    now: Date,
  ): IssuedTokens {
    return this.tokens.issue({ ...session, id: sessionId }, user, refreshToken, now);
  }
}

function refreshed(
  { userId, sessionId }: PresentedToken,
  generation: number,
  repeated: boolean,
  occurredAt: Date,
): Refreshed {
  return { type: 'session.refreshed', userId, occurredAt, data: { sessionId, generation, repeated } };
}
