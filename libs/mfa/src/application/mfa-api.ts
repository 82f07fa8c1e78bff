import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import type { FactorMethodName } from '../domain/methods.js';
import { CheckProof, ProofTraces, type ProofRequest, type ProofVerdict } from './check-proof.js';
import { LockedProofs } from './locked-proofs.js';
import { MfaQueries } from './mfa-queries.js';
import { MfaChallenges, type OpenChallenge } from './ports.js';

/** api.md: the mfaToken lives five minutes. */
const CHALLENGE_S = 300;
// Tells people and secret scanners what they have found.
const TOKEN_PREFIX = 'usm_';

/** What somebody who knows the password has to do next. Times in seconds. */
export interface IssuedChallenge {
  readonly token: string;
  readonly expiresIn: number;
  readonly methods: readonly FactorMethodName[];
}

export interface ChallengeRequest {
  readonly userId: string;
  readonly securityEpoch: number;
  /** How the device describes itself. */
  readonly device: string;
  /** Given back when the challenge is met; kept sealed. */
  readonly continuation: string;
}

/** Issues challenges and finds them again. */
@Injectable()
export class Challenges {
  constructor(
    private readonly challenges: MfaChallenges,
    private readonly queries: MfaQueries,
    private readonly uow: UnitOfWork,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /** `null` when the user has no factor at all. */
  async issue(request: ChallengeRequest): Promise<IssuedChallenge | null> {
    const methods = await this.queries.methodsOf(request.userId);
    if (methods.length === 0) return null;
    const issuedAt = this.clock.now();
    const expiresAt = new Date(issuedAt.getTime() + CHALLENGE_S * 1_000);
    const token = `${TOKEN_PREFIX}${this.ids.secret()}`;
    const challenge = { ...request, id: this.ids.uuid(), token, purpose: 'sign_in', issuedAt, expiresAt } as const;
    await this.uow.run(() => this.challenges.issue(challenge));
    return { token, expiresIn: CHALLENGE_S, methods };
  }

  /** `null` when the token opens nothing, here or any more. */
  find(token: string, device: string): Promise<OpenChallenge | null> {
    return this.challenges.find(token, device, this.clock.now());
  }

  /** Inside of a unit of work: the challenge is met, once. */
  close(id: string): Promise<boolean> {
    return this.challenges.close(id, this.clock.now());
  }
}

/** The door through which other contexts ask this one. */
@Injectable()
export class MfaApi {
  constructor(
    private readonly challenges: Challenges,
    private readonly proofs: CheckProof,
    private readonly traces: ProofTraces,
    private readonly locked: LockedProofs,
  ) {}

  /** `null` when the user has no factor at all. */
  challenge(request: ChallengeRequest): Promise<IssuedChallenge | null> {
    return this.challenges.issue(request);
  }

  find(token: string, device: string): Promise<OpenChallenge | null> {
    return this.challenges.find(token, device);
  }

  /** Inside of a unit of work: `false` when somebody met it before. */
  close(challengeId: string): Promise<boolean> {
    return this.challenges.close(challengeId);
  }

  /** Never inside of a unit of work. */
  async prove(request: ProofRequest): Promise<ProofVerdict> {
    const { userId, purpose, proof } = request;
    const verdict = await this.proofs.execute(request);
    if (verdict.outcome === 'locked') this.locked.refused({ userId, purpose, method: proof.method });
    return verdict;
  }

  /** A second factor was due within a session, and none came. */
  noteMissingProof(userId: string): Promise<void> {
    return this.traces.refused({ userId, purpose: 'step_up' }, null, 'no_proof');
  }
}
