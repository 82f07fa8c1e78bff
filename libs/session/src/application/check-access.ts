import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { SessionRevoked } from '../domain/errors.js';
import { SessionLiveness } from './ports.js';

/** The second half of the bearer check: the signature said who, this says whether they are still here. */
@Injectable()
export class CheckAccess {
  constructor(
    private readonly liveness: SessionLiveness,
    private readonly clock: Clock,
  ) {}

  /** Throws `SessionRevoked`. */
  async execute(sessionId: string): Promise<void> {
    if (!(await this.liveness.isLive(sessionId, this.clock.now()))) throw new SessionRevoked();
  }
}
