import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { EmailUnverified, InvalidCredentials } from '../domain/errors.js';
import type { LoginFailed } from '../domain/events.js';
import { CredentialVerifier, type SignedInUser } from './ports.js';
import type { Client } from './session-factory.js';
import { SessionOpener } from './session-opener.js';
import type { IssuedTokens } from './tokens.js';

export interface SignInRequest extends Client {
  readonly email: string;
  readonly password: string;
}

/** Opens a session for whoever knows the password of a proven address. */
@Injectable()
export class SignIn {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly opener: SessionOpener,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidCredentials`, `EmailUnverified`, `Overloaded`. */
  async execute(request: SignInRequest): Promise<IssuedTokens> {
    const verdict = await this.credentials.verify(request.email, request.password);
    if (verdict.outcome === 'rejected') {
      await this.fail(verdict.userId, verdict.reason);
      throw new InvalidCredentials();
    }
    if (verdict.outcome === 'unverified') {
      await this.fail(verdict.userId, 'email_unverified');
      throw new EmailUnverified();
    }
    return this.open(verdict.user, request);
  }

  private async open(user: SignedInUser, client: Client): Promise<IssuedTokens> {
    const tokens = await this.opener.open(user, client, ['pwd'], this.clock.now());
    if (tokens !== null) return tokens;
    // The account changed between the password check and now: its owner, or an operator, was faster.
    await this.fail(user.id, 'account_changed');
    throw new InvalidCredentials();
  }

  private fail(userId: string | null, reason: LoginFailed['data']['reason']): Promise<void> {
    const event: LoginFailed = {
      type: 'session.login_failed',
      userId,
      occurredAt: this.clock.now(),
      data: { reason },
    };
    return this.uow.tell(event);
  }
}
