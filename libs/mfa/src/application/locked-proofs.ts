import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { ChallengeFailed } from '../domain/events.js';
import type { FactorMethodName, ProofPurpose } from '../domain/methods.js';

/** Proofs that nobody looked at, because there were too many wrong ones before. */
export interface LockedProof {
  /** `null`: of users who are too many to be told apart. */
  readonly userId: string | null;
  readonly purpose: ProofPurpose;
  readonly method: FactorMethodName;
}

/** Where they are counted. Nobody waits for it. */
export abstract class LockedProofs {
  abstract refused(proof: LockedProof): void;
}

/** Tells of them. */
@Injectable()
export class TellLockedProofs {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  execute({ userId, purpose, method }: LockedProof, count: number): Promise<void> {
    const data = { purpose, method, reason: 'too_many_attempts', count } as const;
    const event: ChallengeFailed = { type: 'mfa.challenge_failed', userId, occurredAt: this.clock.now(), data };
    return this.uow.tell(event);
  }
}
