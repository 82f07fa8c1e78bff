import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { AccessForbidden } from '../domain/access-events.js';

export interface ForbiddenCall {
  readonly userId: string;
  readonly sessionId: string;
  readonly reason: AccessForbidden['data']['reason'];
  /** Method and template of the route. */
  readonly route: string;
}

/** Leaves a trace of a user who is who they say, and was refused. */
@Injectable()
export class NoteForbidden {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute({ userId, ...data }: ForbiddenCall): Promise<void> {
    const event: AccessForbidden = { type: 'access.forbidden', userId, occurredAt: this.clock.now(), data };
    await this.uow.tell(event);
  }
}
