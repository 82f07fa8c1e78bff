import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { InvalidCredentials, LoginThrottled, MfaInvalid, SessionRevoked } from '../domain/errors.js';
import type { ReauthenticationFailed } from '../domain/events.js';
import type { Session } from '../domain/session.js';
import { ProveFreshFactor, type FreshFactor, type SentFactor } from './fresh-factor.js';
import { PasswordCheck, type SessionOwner } from './password-check.js';
import { CredentialVerifier, SessionRepository, type SignedInUser } from './ports.js';
import { TokenIssuer } from './tokens.js';

export interface ReauthenticateRequest extends SentFactor, SessionOwner {
  /** May be missing beside a passkey, which is two factors by itself. */
  readonly password?: string | undefined;
}

/** A new access token of a session that goes on with the refresh token it has. Times in seconds. */
export interface RenewedAccess {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly sessionId: string;
}

/** What a fresh proof changes, once the slow check of the password is over. */
@Injectable()
export class RenewAuthentication {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly sessions: SessionRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * `account_changed` when that happened since the password was checked, `ended` when the session is no more, `used`
   * when somebody was faster with the same code.
   */
  async execute(
    user: SignedInUser,
    sessionId: string,
    { assurance, accept }: FreshFactor,
  ): Promise<Session | 'account_changed' | 'ended' | 'used'> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      if (!(await this.credentials.hold(user.id, user.securityEpoch))) return 'account_changed';
      const session = await this.sessions.findForUpdate(sessionId);
      if (session?.state.userId !== user.id || !session.isLive(now)) return 'ended';
      if (session.state.epoch !== user.securityEpoch) return 'ended';
      if (!(await accept())) return 'used';
      session.reauthenticate(assurance, now);
      await this.sessions.save(session);
      return session;
    });
  }

  /** Leaves a trace of a refusal. */
  async refused({ userId, sessionId }: SessionOwner, reason: ReauthenticationFailed['data']['reason']): Promise<void> {
    const occurredAt = this.clock.now();
    const event: ReauthenticationFailed = {
      type: 'session.reauthentication_failed',
      userId,
      occurredAt,
      data: { sessionId, reason },
    };
    await this.uow.tell(event);
  }
}

/**
 * Somebody with a session proves again who they are, for what wants a fresh proof (OWASP ASVS 5.0 §7.5.1). The session
 * keeps the time of it, so that tokens refreshed later tell of it as well.
 */
@Injectable()
export class Reauthenticate {
  constructor(
    private readonly passwords: PasswordCheck,
    private readonly factor: ProveFreshFactor,
    private readonly renewal: RenewAuthentication,
    private readonly tokens: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidCredentials`, `LoginThrottled`, `MfaInvalid`, `MfaLocked`, `SessionRevoked`, `Overloaded`. */
  async execute(request: ReauthenticateRequest): Promise<RenewedAccess> {
    const { userId, sessionId, source, password } = request;
    if (password === undefined) return this.byPasskey(request);
    const verdict = await this.passwords.verify({ userId, sessionId, source }, password);
    if (verdict.outcome === 'throttled') {
      await this.renewal.refused(request, 'throttled');
      throw new LoginThrottled(verdict.retryAfterSeconds);
    }
    if (verdict.outcome === 'rejected') return this.refuse(request, verdict.reason);
    const factor = await this.factor.execute(verdict.user, request);
    return factor === null ? this.refuseFactor(request) : this.renew(request, verdict.user, factor);
  }

  private async byPasskey(request: ReauthenticateRequest): Promise<RenewedAccess> {
    const proven = await this.factor.passkey(request);
    return proven === null ? this.refuseFactor(request) : this.renew(request, proven.user, proven.factor);
  }

  private async renew(request: ReauthenticateRequest, user: SignedInUser, factor: FreshFactor): Promise<RenewedAccess> {
    const session = await this.renewal.execute(user, request.sessionId, factor);
    if (session === 'used') return this.refuseFactor(request);
    if (session === 'account_changed') return this.refuse(request, 'account_changed');
    if (session === 'ended') throw new SessionRevoked();
    const token = this.tokens.accessToken(session.state, user, this.clock.now());
    return { ...token, sessionId: request.sessionId };
  }

  private async refuseFactor(request: ReauthenticateRequest): Promise<never> {
    await this.renewal.refused(request, 'wrong_second_factor');
    throw new MfaInvalid();
  }

  private async refuse(
    request: ReauthenticateRequest,
    reason: ReauthenticationFailed['data']['reason'],
  ): Promise<never> {
    await this.renewal.refused(request, reason);
    throw new InvalidCredentials();
  }
}
