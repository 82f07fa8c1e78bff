import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { PasskeyRefused } from '../domain/errors.js';
import type { LoginFailed } from '../domain/events.js';
import { PasskeyCheck, type PasskeyCredential } from './passkey-check.js';
import type { Client } from './session-factory.js';
import { SessionOpener, type OpenedSession } from './session-opener.js';

/**
 * Opens a session for whoever holds a passkey and was verified by its authenticator: something one has together with
 * something one knows or is, so no second step follows (NIST SP 800-63B-4 §3.2.2).
 */
@Injectable()
export class SignInWithPasskey {
  constructor(
    private readonly passkeys: PasskeyCheck,
    private readonly opener: SessionOpener,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  begin(): Promise<Readonly<Record<string, unknown>>> {
    return this.passkeys.options();
  }

  /** Throws `PasskeyRefused`. */
  async execute(credential: PasskeyCredential, client: Client): Promise<OpenedSession> {
    const verdict = await this.passkeys.verify(credential);
    if (verdict.outcome === 'rejected') return this.refuse(verdict.userId, verdict.reason);
    const { user, amr } = verdict;
    const tokens = await this.opener.open(user, client, amr, this.clock.now());
    // The account changed between the signature and now: its owner, or an operator, was faster.
    return tokens ?? this.refuse(user.id, 'account_changed');
  }

  /** One answer, whatever was wrong; the trace knows better. */
  private async refuse(userId: string | null, reason: LoginFailed['data']['reason']): Promise<never> {
    const event: LoginFailed = {
      type: 'session.login_failed',
      userId,
      occurredAt: this.clock.now(),
      data: { reason },
    };
    await this.uow.tell(event);
    throw new PasskeyRefused();
  }
}
