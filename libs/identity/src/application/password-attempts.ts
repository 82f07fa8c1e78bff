import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { JudgePassword, type PasswordVerdict } from './judge-password.js';
import { SettleAttempt } from './settle-attempt.js';
import {
  SignInAttempts,
  type AddressAttempt,
  type ReservedAttempt,
  type SessionAttempt,
  type ThrottledAttempt,
} from './sign-in-attempts.js';
import { Turns } from './turns.js';

type Reserve = (now: Date) => Promise<ReservedAttempt | ThrottledAttempt>;

/**
 * Whether a password is right, for as many attempts as one may make: each is reserved, then verified, then settled. Costs
 * one hash whatever the outcome, and none when the attempt is not admitted. Never inside of a unit of work.
 */
@Injectable()
export class PasswordAttempts {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly turns: Turns,
    private readonly judge: JudgePassword,
    private readonly settle: SettleAttempt,
    private readonly clock: Clock,
  ) {}

  /** Throws `Overloaded`, before anything is counted. */
  async atAddress(attempt: AddressAttempt, password: string): Promise<PasswordVerdict> {
    const { name, source, deviceToken } = attempt;
    const line = [name, source, deviceToken].join('\n');
    return this.attempt(line, password, (now) => this.attempts.reserve(attempt, now));
  }

  /** The same of somebody who is signed in; `unknown_address` when the account is gone. */
  async inSession(attempt: SessionAttempt, password: string): Promise<PasswordVerdict> {
    return this.attempt(attempt.sessionId, password, (now) => this.attempts.reserveInSession(attempt, now));
  }

  private async attempt(line: string, password: string, reserve: Reserve): Promise<PasswordVerdict> {
    this.judge.refuseIfBusy();
    const verdict = await this.turns.take(line, async () => {
      const reserved = await this.reserve(reserve);
      return reserved.outcome === 'throttled' ? reserved : this.verify(reserved, password);
    });
    const told = verdict ?? TOO_MANY_AT_ONCE;
    if (told.outcome === 'throttled') this.judge.throttled(told);
    return told;
  }

  // Others of this name may be at work in other instances.
  private async reserve(once: Reserve): Promise<ReservedAttempt | ThrottledAttempt> {
    for (let tries = 1; ; tries += 1) {
      const reserved = await once(this.clock.now());
      const isOver = reserved.outcome === 'reserved' || !reserved.isUndecided || tries >= MOST_TRIES;
      if (isOver) return reserved;
      await this.turns.pause();
    }
  }

  private async verify(reserved: ReservedAttempt, password: string): Promise<PasswordVerdict> {
    let verdict: PasswordVerdict;
    try {
      verdict = await this.judge.execute(reserved.credentials, password);
    } catch (error) {
      await this.settle.withdrawn(reserved);
      throw error;
    }
    // That an account is disabled must not show in how often its password can be tried.
    if (verdict.outcome === 'rejected') await this.settle.failed(reserved);
    else await this.settle.succeeded(reserved);
    return verdict;
  }
}

const TOO_MANY_AT_ONCE: ThrottledAttempt = {
  outcome: 'throttled',
  userId: null,
  by: 'guesses',
  retryAfterSeconds: 1,
  isUndecided: true,
};

// With the pauses between them as long as a hash may take in a queue.
const MOST_TRIES = 30;
