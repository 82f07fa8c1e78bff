import { Injectable } from '@nestjs/common';

import { Clock, DomainError, UnitOfWork } from '#kernel';

import type { ChallengeFailed, ChallengeSucceeded, ProofRejection } from '../domain/events.js';
import type { FactorMethodName } from '../domain/methods.js';
import {
  FactorMethod,
  MfaAttempts,
  MfaMetrics,
  MfaNotices,
  type AttemptCounter,
  type FactorClaim,
  type FactorVerdict,
} from './ports.js';

export type ProofRequest = Omit<FactorClaim, 'now'>;

export type ProofVerdict =
  | { readonly outcome: 'locked'; readonly retryAfterSeconds: number }
  | { readonly outcome: 'refused' }
  | {
      readonly outcome: 'right';
      /** RFC 8176 */
      readonly amr: readonly string[];
      /**
       * Inside of a unit of work that holds the account: uses the proof up. `false` when somebody was faster; that has
       * left its trace then, so the unit of work has to commit.
       */
      readonly accept: () => Promise<boolean>;
    };

/** All the kinds of factor that there are. */
export class FactorMethods {
  readonly #byName: ReadonlyMap<FactorMethodName, FactorMethod>;

  constructor(methods: readonly FactorMethod[]) {
    this.#byName = new Map(methods.map((method) => [method.name, method]));
  }

  async verify(claim: FactorClaim): Promise<FactorVerdict> {
    const method = this.#byName.get(claim.proof.method);
    return method?.verify(claim) ?? { outcome: 'refused', reason: 'no_such_factor' };
  }
}

// Who sends no code has a session, and forgot it; of too many attempts the owner was told when they were made.
const SUSPICIOUS: ReadonlySet<ProofRejection> = new Set(['wrong_code', 'used_code', 'no_such_factor']);

const NOT_LOOKED_AT: ReadonlySet<DomainError['kind']> = new Set(['overloaded', 'unavailable'] as const);

/** Nobody guesses a signature; whoever stole a session must not be able to lock anything else of its owner with some. */
function counterOf({ userId, purpose, bond: sessionId, proof }: ProofRequest): AttemptCounter {
  const isWithinSession = purpose === 'step_up' && proof.method === 'passkey';
  return isWithinSession ? { userId, purpose: 'session_passkey', sessionId } : { userId, purpose: 'proof' };
}

/** What became of a proof: an event, a figure, and for the owner a mail when somebody else has the password. */
@Injectable()
export class ProofTraces {
  constructor(
    private readonly attempts: MfaAttempts,
    private readonly notices: MfaNotices,
    private readonly metrics: MfaMetrics,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Joins the running unit of work; else it is one of its own. */
  async refused(
    { userId, purpose }: Pick<ProofRequest, 'userId' | 'purpose'>,
    method: FactorMethodName | null,
    reason: ProofRejection,
  ): Promise<void> {
    const now = this.clock.now();
    const event: ChallengeFailed = {
      type: 'mfa.challenge_failed',
      userId,
      occurredAt: now,
      data: { purpose, method, reason },
    };
    this.metrics.proof(method, reason);
    await this.uow.run(async () => {
      this.uow.record(event);
      // A passkey within a session goes without a password, so that it says nothing about who knows that.
      const isSuspicious = SUSPICIOUS.has(reason) && !(purpose === 'step_up' && method === 'passkey');
      if (isSuspicious && (await this.attempts.claimNotice(userId, now))) {
        await this.notices.send('mfa_proof_failed', userId, { at: now.toISOString() });
      }
    });
  }

  succeeded({ userId, purpose, proof: { method } }: Omit<ProofRequest, 'bond'>): void {
    const event: ChallengeSucceeded = {
      type: 'mfa.challenge_succeeded',
      userId,
      occurredAt: this.clock.now(),
      data: { purpose, method },
    };
    this.uow.record(event);
    this.uow.afterCommit(() => {
      this.metrics.proof(method, 'succeeded');
    });
  }

  /** A refusal that somebody else tells of. */
  counted(method: FactorMethodName, reason: ProofRejection): void {
    this.metrics.proof(method, reason);
  }

  lockedOut(): void {
    this.metrics.lockedOut();
  }
}

/**
 * Reserve, verify, settle: a guess is counted before it is looked at, and taken back only when it was none. So any
 * number of parallel guesses, over any number of challenges, gets five looks in 15 minutes.
 */
@Injectable()
export class CheckProof {
  constructor(
    private readonly methods: FactorMethods,
    private readonly attempts: MfaAttempts,
    private readonly traces: ProofTraces,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Never inside of a unit of work. Throws `FactorUnreadable`, `Overloaded`, which are no guesses. */
  async execute(request: ProofRequest): Promise<ProofVerdict> {
    const now = this.clock.now();
    const counter = counterOf(request);
    const reserved = await this.attempts.reserve(counter, now);
    if (!reserved.granted) return { outcome: 'locked', retryAfterSeconds: reserved.retryAfterSeconds };
    const verdict = await this.verify(request, reserved.at);
    if (verdict.outcome === 'refused') {
      await this.refuse(request, verdict.reason, reserved);
      return { outcome: 'refused' };
    }
    const accept = async (): Promise<boolean> => {
      await this.attempts.release(counter, reserved.at);
      const accepted = await verdict.accept();
      if (accepted) this.traces.succeeded(request);
      else await this.traces.refused(request, request.proof.method, 'used_code');
      return accepted;
    };
    return { outcome: 'right', amr: verdict.amr, accept };
  }

  private async verify(request: ProofRequest, now: Date): Promise<FactorVerdict> {
    try {
      return await this.methods.verify({ ...request, now });
    } catch (error) {
      // Nobody has looked at it: the owner must not be locked out by a busy service.
      const isNoGuess = error instanceof DomainError && NOT_LOOKED_AT.has(error.kind);
      if (isNoGuess) await this.uow.run(() => this.attempts.release(counterOf(request), now));
      throw error;
    }
  }

  private async refuse(
    request: ProofRequest,
    reason: ProofRejection,
    { at, isLast }: { readonly at: Date; readonly isLast: boolean },
  ): Promise<void> {
    await this.uow.run(async () => {
      // A code that was right and is used up is no guess, and its owner may well have typed it twice.
      if (reason === 'used_code') await this.attempts.release(counterOf(request), at);
      await this.traces.refused(request, request.proof.method, reason);
    });
    if (isLast && reason !== 'used_code') this.traces.lockedOut();
  }
}
