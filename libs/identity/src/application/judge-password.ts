import { Injectable } from '@nestjs/common';

import { MailPasswordReset } from './mail-password-reset.js';
import { PasswordHasher, type StoredCredentials, type UserProfile } from './ports.js';
import { SignInWatch, type ThrottledAttempt } from './sign-in-attempts.js';
import { UpgradeHash } from './upgrade-hash.js';

export type PasswordVerdict =
  | { readonly outcome: 'accepted'; readonly profile: UserProfile; readonly securityEpoch: number }
  | { readonly outcome: 'unverified'; readonly userId: string }
  | {
      readonly outcome: 'rejected';
      readonly userId: string | null;
      readonly reason: 'unknown_address' | 'wrong_password' | 'account_disabled';
    }
  | ThrottledAttempt;

/** What a password is worth, at the price of one hash. */
@Injectable()
export class JudgePassword {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly watch: SignInWatch,
    private readonly upgrade: UpgradeHash,
    private readonly resets: MailPasswordReset,
  ) {}

  refuseIfBusy(): void {
    this.hasher.refuseIfBusy();
  }

  throttled({ by }: ThrottledAttempt): void {
    this.watch.throttled(by);
  }

  async execute(stored: StoredCredentials | null, password: string): Promise<PasswordVerdict> {
    const verdict = await this.judge(stored, password);
    if (verdict.outcome === 'rejected' && this.hasher.isBeyondSome(password)) {
      // They may know it, and cannot be told from those who do not: the mail does. Without one it was a wrong password all
      // the same, and counts. Every address costs their source as much, whoever has it and however it is stored.
      const isBeyond = stored !== null && this.hasher.isBeyond(stored.passwordHash, password);
      await this.resets.offer(isBeyond ? stored.profile.id : null).catch(() => undefined);
    }
    return verdict;
  }

  private async judge(stored: StoredCredentials | null, password: string): Promise<PasswordVerdict> {
    if (stored === null) {
      await this.hasher.verifyNothing(password);
      return { outcome: 'rejected', userId: null, reason: 'unknown_address' };
    }
    const { profile, passwordHash, securityEpoch } = stored;
    const { id: userId, status, emailVerified } = profile;
    if (!(await this.hasher.verify(passwordHash, password))) {
      return { outcome: 'rejected', userId, reason: 'wrong_password' };
    }
    if (status !== 'active') return { outcome: 'rejected', userId, reason: 'account_disabled' };
    if (!emailVerified) return { outcome: 'unverified', userId };
    await this.upgrade.execute(userId, passwordHash, password);
    return { outcome: 'accepted', profile, securityEpoch };
  }
}
