import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { LoginRefused } from '../domain/events.js';
import type { Throttled } from './ports.js';

/** A sign-in that nobody looked at, because of the limit that `by` names. */
export type ThrottledSignIn = Pick<Throttled, 'userId' | 'by'>;

/** Where they are counted, with the network they come from. */
export abstract class ThrottledSignIns {
  /** Of the first one the event is kept when this resolves, and nothing is when it rejects; nobody waits for the rest. */
  abstract refused(signIn: ThrottledSignIn): Promise<void>;
}

/** Tells of them. */
@Injectable()
export class TellThrottledSignIns {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  execute({ userId, by }: ThrottledSignIn, count: number): Promise<void> {
    const data = { reason: by, count };
    const event: LoginRefused = { type: 'session.login_throttled', userId, occurredAt: this.clock.now(), data };
    return this.uow.tell(event);
  }
}
