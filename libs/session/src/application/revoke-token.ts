import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { EndSessions } from './end-sessions.js';
import { AccessTokenVerifier, RefreshTokens } from './ports.js';

/** Ends the session that a token belongs to, for a service that its user told to forget them (RFC 7009). */
@Injectable()
export class RevokeToken {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly refreshTokens: RefreshTokens,
    private readonly ends: EndSessions,
    private readonly clock: Clock,
  ) {}

  /**
   * An access token or a refresh token, spent ones too: who shows any token of a session may end it. Whatever else it
   * is has nothing to revoke.
   */
  async execute(token: string): Promise<void> {
    const verified = this.verifier.verify(token);
    const found = typeof verified === 'string' ? await this.refreshTokens.inspect(token, this.clock.now()) : verified;
    if (found !== null) await this.ends.one(found.userId, found.sessionId, 'token_revoked');
  }
}
