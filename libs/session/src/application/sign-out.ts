import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { SessionRepository } from './ports.js';

/** Ends a session at its owner's wish: its access and refresh tokens are dead when this returns. */
@Injectable()
export class SignOut {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute(sessionId: string): Promise<void> {
    await this.uow.run(async () => {
      const session = await this.sessions.findForUpdate(sessionId);
      if (session === null) return;
      session.signOut(this.clock.now());
      await this.sessions.save(session);
    });
  }
}
