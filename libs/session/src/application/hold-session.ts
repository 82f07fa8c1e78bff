import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { SessionRevoked } from '../domain/errors.js';
import { CredentialVerifier, SessionRepository } from './ports.js';

/**
 * What is done in a session counts only if that is live until the end: who has ended it meanwhile may have done so
 * because somebody else has it. Joins the unit of work of whatever is done.
 */
@Injectable()
export class HoldSession {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly sessions: SessionRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Call it once the account is held. Throws `SessionRevoked`, and then nothing is done. */
  async execute(userId: string, sessionId: string): Promise<void> {
    await this.uow.run(async () => {
      const session = await this.sessions.findForUpdate(sessionId);
      if (session?.state.userId !== userId || !session.isLive(this.clock.now())) throw new SessionRevoked();
      if (!(await this.credentials.hold(userId, session.state.epoch))) throw new SessionRevoked();
    });
  }
}
