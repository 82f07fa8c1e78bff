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
    // Not by anything that the client can choose at will: whoever sends another token each time waits in one line.
    const line = [attempt.name, attempt.source].join('\n');
    return this.attempt(line, password, (now) => this.attempts.reserve(attempt, now));
  }

  /** The same of somebody who is signed in; `unknown_address` when the account is gone. */
  async inSession(attempt: SessionAttempt, password: string): Promise<PasswordVerdict> {
    return this.attempt(attempt.sessionId, password, (now) => this.attempts.reserveInSession(attempt, now));
  }

  private async attempt(line: string, password: string, reserve: Reserve): Promise<PasswordVerdict> {
    this.judge.refuseIfBusy();
    const reserved = await this.reserve(line, reserve);
    if (reserved.outcome === 'reserved') return this.verify(reserved, password);
    this.judge.throttled(reserved);
    return reserved;
  }

  // Asked for before anybody waits: who counts apart, as a known device does, is not held up by those who wait.
  private async reserve(line: string, once: Reserve): Promise<ReservedAttempt | ThrottledAttempt> {
    const reserved = await once(this.clock.now());
    if (isDecided(reserved)) return reserved;
    return (await this.turns.take(line, () => this.askAgain(once))) ?? reserved;
  }

  // Others of this name may be at work, here and in other instances.
  private async askAgain(once: Reserve): Promise<ReservedAttempt | ThrottledAttempt> {
    for (let tries = 1; ; tries += 1) {
      await this.turns.pause();
      const reserved = await once(this.clock.now());
      if (isDecided(reserved) || tries >= MOST_TRIES) return reserved;
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

const isDecided = (reserved: ReservedAttempt | ThrottledAttempt): boolean =>
  reserved.outcome === 'reserved' || !reserved.isUndecided;

// With the pauses between them as long as a hash may take in a queue.
const MOST_TRIES = 30;
