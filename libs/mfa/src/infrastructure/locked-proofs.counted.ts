import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { CountedTrail } from '#platform/trail';

import { LockedProofs, TellLockedProofs, type LockedProof } from '../application/locked-proofs.js';
import { MfaMetrics } from '../application/ports.js';

const WINDOW_MS = 60_000;
/** Told apart in one window by user, purpose and method; those of more users are counted together. */
const MOST_USERS = 500;

/** The first refusal of a user at once, the rest as a number once a minute. */
@Injectable()
export class CountedLockedProofs extends LockedProofs implements BeforeApplicationShutdown {
  readonly #trail: CountedTrail<LockedProof>;

  constructor(
    tell: TellLockedProofs,
    private readonly metrics: MfaMetrics,
    context: RequestContext,
  ) {
    super();
    this.#trail = new CountedTrail(context, {
      untold: 'mfa_refusals_untold',
      windowMs: WINDOW_MS,
      most: MOST_USERS,
      tell: (proof, count) => tell.execute(proof, count),
    });
  }

  refused(proof: LockedProof): void {
    this.metrics.proof(proof.method, 'too_many_attempts');
    const { userId, purpose, method } = proof;
    const kind = `${purpose} ${method}`;
    this.#trail.count({ key: `${String(userId)} ${kind}`, fact: proof }, () => ({
      ...{ key: `others ${kind}`, fact: { userId: null, purpose, method } },
      actor: { type: 'anonymous' },
    }));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#trail.close();
  }
}
