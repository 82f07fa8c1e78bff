import { Injectable } from '@nestjs/common';

import { SessionIdleTimeout, SessionRevoked, TokenExpired, TokenInvalid } from '../domain/errors.js';
import { AuthenticateToken, type LiveToken } from './authenticate-token.js';

/** Tells a resource server what an access token says (RFC 7662). */
@Injectable()
export class IntrospectToken {
  constructor(private readonly authenticate: AuthenticateToken) {}

  /**
   * `null` for whatever is no live access token, and never why. Throws `SessionStateUnavailable`: a token of which
   * nothing is known is not a dead one.
   */
  execute(token: string): LiveToken | null | Promise<LiveToken | null> {
    try {
      const live = this.authenticate.execute(token);
      return live instanceof Promise ? live.catch(nullIfDead) : live;
    } catch (error) {
      return nullIfDead(error);
    }
  }
}

const DEAD = [TokenInvalid, TokenExpired, SessionRevoked, SessionIdleTimeout];

function nullIfDead(error: unknown): null {
  if (DEAD.some((kind) => error instanceof kind)) return null;
  throw error;
}
