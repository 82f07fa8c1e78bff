import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { EmailUnverified, InvalidCredentials, LoginThrottled } from '../domain/errors.js';
import type { LoginFailed } from '../domain/events.js';
import { PasswordStep, type SignInOutcome } from './password-step.js';
import { CredentialVerifier, type SignedInUser } from './ports.js';
import type { Client } from './session-factory.js';
import { ThrottledSignIns } from './throttled-sign-ins.js';

export interface SignInRequest extends Client {
  readonly email: string;
  readonly password: string;
}

/** Opens a session for whoever knows the password of a proven address, or asks for the second factor that is due. */
@Injectable()
export class SignIn {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly step: PasswordStep,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly throttled: ThrottledSignIns,
  ) {}

  /** Throws `InvalidCredentials`, `EmailUnverified`, `LoginThrottled`, `Overloaded`. */
  async execute(request: SignInRequest): Promise<SignInOutcome> {
    const { email, password, ip, deviceToken } = request;
    const verdict = await this.credentials.verify(email, password, { source: ip, deviceToken });
    if (verdict.outcome === 'throttled') {
      await this.throttled.refused(verdict);
      throw new LoginThrottled(verdict.retryAfterSeconds);
    }
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

  private async open(user: SignedInUser, client: Client): Promise<SignInOutcome> {
    const outcome = await this.step.after(user, client, this.clock.now());
    if (outcome !== null) return outcome;
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
