import { Injectable } from '@nestjs/common';

import { TokenExpired, TokenInvalid } from '../domain/errors.js';
import { CheckAccess } from './check-access.js';
import { AccessTokenVerifier, SessionSettings, type SessionStanding, type VerifiedToken } from './ports.js';
import { effectiveRoles } from '../domain/assurance.js';

/** A token that is good here and now. */
export interface LiveToken extends VerifiedToken {
  /** The account's roles as they are and count, which may be fewer than those that the token tells of. */
  readonly roles: readonly string[];
}

/** The whole check of an access token, for those who ask about somebody else's. */
@Injectable()
export class AuthenticateToken {
  readonly #live = new WeakMap<VerifiedToken, { readonly standing: SessionStanding; readonly token: LiveToken }>();

  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly access: CheckAccess,
    private readonly settings: SessionSettings,
  ) {}

  /**
   * Answers without a promise when this process knows token and session.
   *
   * Throws `TokenInvalid`, `TokenExpired`, `SessionRevoked`, `SessionIdleTimeout`, `SessionStateUnavailable`.
   */
  execute(token: string): LiveToken | Promise<LiveToken> {
    const verified = this.verifier.verify(token);
    if (verified === 'expired') throw new TokenExpired();
    if (verified === 'invalid') throw new TokenInvalid();
    const standing = this.access.execute(verified.sessionId, verified.userId);
    return standing instanceof Promise
      ? standing.then((known) => this.liveToken(verified, known))
      : this.liveToken(verified, standing);
  }

  /** The same object as long as it would say the same, so that whoever has rendered it need not do it again. */
  private liveToken(verified: VerifiedToken, standing: SessionStanding): LiveToken {
    const before = this.#live.get(verified);
    if (before?.standing.roles === standing.roles && before.standing.secondFactor === standing.secondFactor) {
      return before.token;
    }
    const roles = effectiveRoles(standing.roles, this.settings.mfaRequiredRoles, standing.secondFactor === 'proven');
    const token = { ...verified, roles };
    this.#live.set(verified, { standing, token });
    return token;
  }
}
