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
      const epoch = await this.epochOf(userId, sessionId);
      if (!(await this.credentials.hold(userId, epoch))) throw new SessionRevoked();
    });
  }

  /**
   * The session of somebody else than the account that is held. Theirs is not: of two who act on each other, each would
   * wait for the other. Throws `SessionRevoked`.
   */
  async beside(userId: string, sessionId: string): Promise<void> {
    await this.uow.run(async () => {
      const epoch = await this.epochOf(userId, sessionId);
      if ((await this.credentials.current(userId, epoch)) === null) throw new SessionRevoked();
    });
  }

  /** Whoever ends it waits for this unit of work from here on. */
  private async epochOf(userId: string, sessionId: string): Promise<number> {
    const session = await this.sessions.findForUpdate(sessionId);
    if (session?.state.userId !== userId || !session.isLive(this.clock.now())) throw new SessionRevoked();
    return session.state.epoch;
  }
}
