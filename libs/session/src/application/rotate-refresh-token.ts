import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import { RefreshInvalid, RefreshReused } from '../domain/errors.js';
import type { RefreshRejected } from '../domain/events.js';
import type { Session } from '../domain/session.js';
import { CredentialVerifier, RefreshTokens, SessionRepository, type SignedInUser } from './ports.js';
import { TokenIssuer, type IssuedTokens } from './tokens.js';

type Outcome =
  | { readonly kind: 'rotated'; readonly session: Session; readonly user: SignedInUser; readonly refreshToken: string }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'reused' };

/**
 * Exchanges a refresh token for its successor. A token that was spent before ends its session (RFC 9700 §4.14.2).
 * Roles are read anew; how and when the user authenticated stays as it was.
 */
@Injectable()
export class RotateRefreshToken {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: SessionRepository,
    private readonly credentials: CredentialVerifier,
    private readonly tokens: TokenIssuer,
    private readonly uow: UnitOfWork,
  ) {}

  /** Throws `RefreshInvalid`, `RefreshReused`. */
  async execute(token: string, now: Date): Promise<IssuedTokens> {
    // Refusals leave a trace, so they commit and are thrown afterwards.
    const outcome = await this.uow.run(() => this.rotate(token, now));
    if (outcome.kind === 'reused') throw new RefreshReused();
    if (outcome.kind === 'invalid') throw new RefreshInvalid();
    return this.tokens.issue(outcome.session, outcome.user, outcome.refreshToken, now);
  }

  private async rotate(token: string, now: Date): Promise<Outcome> {
    const claimed = await this.refreshTokens.claim(token, now);
    if (claimed === null) return this.refuse(token, now);
    const session = await this.sessions.findForUpdate(claimed.sessionId);
    if (!session?.isLive(now)) return this.reject(session, 'session_ended', now);
    const user = await this.credentials.current(session.state.userId, session.state.epoch);
    if (user === null) {
      session.endForAccountChange(now);
      await this.sessions.save(session);
      return this.reject(session, 'account_changed', now);
    }
    const generation = claimed.generation + 1;
    session.refreshed(generation, now);
    await this.sessions.save(session);
    const refreshToken = await this.tokens.nextRefreshToken(session, generation, now);
    return { kind: 'rotated', session, user, refreshToken };
  }

  private async refuse(token: string, now: Date): Promise<Outcome> {
    const found = await this.refreshTokens.find(token);
    if (found === null) return this.reject(null, 'unknown', now);
    const session = await this.sessions.findForUpdate(found.sessionId);
    if (!found.used) return this.reject(session, 'expired', now);
    // The tokens of a session that ended in good order are simply dead.
    if (!session?.isLive(now)) return this.reject(session, 'session_ended', now);
    session.endForReuse(found.generation, now);
    await this.sessions.save(session);
    return { kind: 'reused' };
  }

  private reject(session: Session | null, reason: RefreshRejected['data']['reason'], now: Date): Outcome {
    const event: RefreshRejected = {
      type: 'session.refresh_rejected',
      userId: session?.state.userId ?? null,
      occurredAt: now,
      data: { sessionId: session?.state.id ?? null, reason },
    };
    this.uow.record(event);
    return { kind: 'invalid' };
  }
}
