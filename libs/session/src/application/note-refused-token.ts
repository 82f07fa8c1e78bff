import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { AccessTokenRejected } from '../domain/access-events.js';

/** Leaves a trace of a token whose session has ended. Callers see to it that a flood of calls is no flood of writes. */
@Injectable()
export class NoteRefusedToken {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `userId` and the session are `null` for calls of sessions that are too many to be told apart. */
  async execute(userId: string | null, data: AccessTokenRejected['data']): Promise<void> {
    const event: AccessTokenRejected = { type: 'access.token_rejected', userId, occurredAt: this.clock.now(), data };
    await this.uow.tell(event);
  }
}

/** Where refused tokens are counted. Nobody waits for it, and it must not throw. */
export abstract class RefusedTokens {
  abstract refused(userId: string, sessionId: string, reason: AccessTokenRejected['data']['reason']): void;
}
