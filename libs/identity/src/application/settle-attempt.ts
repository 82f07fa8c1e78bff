import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { IdentityEvent } from '../domain/events.js';
import {
  SignInAttempts,
  SignInNotices,
  SignInWatch,
  type AttemptTicket,
  type FailureRate,
  type ReservedAttempt,
} from './sign-in-attempts.js';

// Fewer are the typing errors of a normal day.
const WORTH_TELLING = 3;

/** What follows from an attempt once the password has been looked at. */
@Injectable()
export class SettleAttempt {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly watch: SignInWatch,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly notices: SignInNotices,
  ) {}

  /** The password was right and the account in good order. */
  async succeeded({ ticket, failuresBefore, credentials, isUnlocked }: ReservedAttempt): Promise<void> {
    await this.attempts.succeeded(ticket);
    if (credentials === null) return;
    const { profile } = credentials;
    if (isUnlocked) await this.uow.tell(this.unlocked(profile.id));
    if (failuresBefore < WORTH_TELLING) return;
    this.watch.succeededAfterFailures(profile.id, failuresBefore);
    await this.uow.run(() => this.notices.succeededAfterFailures(profile, failuresBefore));
  }

  async failed({ ticket, credentials, isLast, isUnlocked }: ReservedAttempt): Promise<void> {
    const now = this.clock.now();
    const userId = credentials?.profile.id ?? null;
    const isLocked = await this.uow.run(async () => {
      const isLockedNow = (await this.attempts.failed(ticket, now)) || isLast;
      if (userId !== null && isUnlocked) this.uow.record(this.unlocked(userId));
      if (userId !== null && isLockedNow) this.uow.record(this.locked(userId));
      return isLockedNow;
    });
    if (isLocked) this.watch.locked(userId);
    const { isSpray, isAlarm } = await this.rateOf(ticket, now);
    if (isSpray) this.watch.sprayed('source');
    if (isAlarm) this.watch.sprayed('everywhere');
  }

  /** Nobody could find out whether the password is right. */
  async withdrawn({ ticket }: ReservedAttempt): Promise<void> {
    await this.attempts.withdrawn(ticket);
  }

  // The attempt is settled: what all failures share must not keep it from being answered, and told in the trail.
  private async rateOf(ticket: AttemptTicket, now: Date): Promise<FailureRate> {
    try {
      return await this.attempts.failedFrom(ticket, now);
    } catch (error) {
      this.watch.uncounted(error);
      return { isSpray: false, isAlarm: false };
    }
  }

  private locked(userId: string): IdentityEvent {
    return { type: 'identity.account_locked', userId, occurredAt: this.clock.now(), data: {} };
  }

  private unlocked(userId: string): IdentityEvent {
    return { type: 'identity.account_unlocked', userId, occurredAt: this.clock.now(), data: {} };
  }
}
