import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { Assurance } from '../domain/assurance.js';
import { SessionRevoked } from '../domain/errors.js';
import { HoldSession } from './hold-session.js';
import { CredentialVerifier, SessionRepository } from './ports.js';

/** Where a factor was added, and what that session has proven by it. */
export interface AddedFactor {
  readonly userId: string;
  readonly sessionId: string;
  /** The account's new one when this is its first factor; else `null`. */
  readonly securityEpoch: number | null;
  readonly proven: Assurance;
}

/** What a new second factor does to the sessions of its user. Joins the unit of work that adds it. */
@Injectable()
export class SettleFactor {
  constructor(
    private readonly held: HoldSession,
    private readonly credentials: CredentialVerifier,
    private readonly sessions: SessionRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Everything that was opened without a second factor ends with the first one, but for the session in which it was
   * added, which has to be good until the end.
   *
   * Throws `SessionRevoked`, and then no factor is added.
   */
  async execute(added: AddedFactor): Promise<void> {
    const { userId, sessionId, securityEpoch } = added;
    await this.uow.run(() =>
      securityEpoch === null ? this.held.execute(userId, sessionId) : this.settleFirst(added, securityEpoch),
    );
  }

  private async settleFirst({ userId, sessionId, proven }: AddedFactor, securityEpoch: number): Promise<void> {
    const live = await this.sessions.findLiveForUpdate(userId, this.clock.now());
    // The epoch was raised by one just now; a session of an older one was dead before.
    const goesOn = live.find(({ state }) => state.id === sessionId && state.epoch === securityEpoch - 1);
    if (goesOn === undefined || !(await this.credentials.hold(userId, securityEpoch))) throw new SessionRevoked();
    for (const session of live) {
      if (session === goesOn) {
        session.carryOver(securityEpoch);
        session.raiseAssurance(proven);
      } else {
        session.revoke('mfa_enabled', this.clock.now());
      }
      await this.sessions.save(session);
    }
  }
}
