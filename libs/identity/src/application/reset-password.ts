import { Injectable } from '@nestjs/common';

import { OneTimeTokenInvalid, PasswordRejected } from '../domain/errors.js';
import type { User } from '../domain/user.js';
import { Transactions } from './change-email.js';
import { OneTimeTokens, PasswordHasher, PasswordPolicy, UserQueries, UserRepository } from './ports.js';
import { WelcomeBack, type ReturnOrigin } from './welcome-back.js';

const PURPOSE = 'password_reset';

interface Prepared extends ReturnOrigin {
  readonly userId: string;
  readonly hash: string;
}

/** The slow half, outside of any unit of work. */
@Injectable()
export class ResetSecrets {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly queries: UserQueries,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /**
   * The hash of the new password, and whose it would be. `null`, and nothing was hashed, when the token is of no use; a
   * password that is refused leaves it as good as it was.
   */
  async prepare(token: string, password: string, now: Date): Promise<{ userId: string; hash: string } | null> {
    this.hasher.refuseIfBusy();
    const userId = await this.tokens.ownerOf(token, PURPOSE, now);
    const profile = userId === null ? null : await this.queries.profileOf(userId);
    if (userId === null || profile === null) return null;
    const { email, displayName } = profile;
    const reasons = this.policy.reasonsAgainst(password, { email, displayName });
    if (reasons.length > 0) throw new PasswordRejected(reasons);
    return { userId, hash: await this.hasher.hash(password) };
  }
}

/**
 * Sets a new password for whoever has the mailed token. It proves the address and nothing more: nobody is signed in by
 * it, and a second factor is asked for as before.
 */
@Injectable()
export class ResetPassword {
  constructor(
    private readonly secrets: ResetSecrets,
    private readonly tokens: OneTimeTokens,
    private readonly users: UserRepository,
    private readonly welcome: WelcomeBack,
    private readonly transactions: Transactions,
  ) {}

  /** What the device is known by from then on. Throws `OneTimeTokenInvalid`, `PasswordRejected`, `Overloaded`. */
  async execute(token: string, password: string, origin: ReturnOrigin): Promise<string> {
    const { uow, clock } = this.transactions;
    const prepared = await this.secrets.prepare(token, password, clock.now());
    const device = prepared && (await uow.run(() => this.reset(token, { ...prepared, ...origin }, clock.now())));
    if (device === null) throw new OneTimeTokenInvalid();
    return device;
  }

  private async reset(token: string, { userId, hash, ...origin }: Prepared, now: Date): Promise<string | null> {
    // The account first, like everybody who makes or spends tokens.
    const user = await this.users.findForUpdate(userId);
    if (user?.state.status !== 'active') return null;
    const spent = await this.tokens.consume(token, PURPOSE, now);
    // Made for a password that is no longer the present one.
    if (spent?.securityEpoch !== user.state.securityEpoch) return null;
    const firstProof = !user.emailVerified;
    user.resetPassword(hash, now);
    await this.users.save(user);
    if (firstProof) await this.users.discardConsents(user.id);
    await this.voidTokens(user, now);
    return this.welcome.execute(user, origin, now);
  }

  /** Other links, registrations that wait, and a change of the address that somebody began; not the way to undo one. */
  private async voidTokens({ id }: User, now: Date): Promise<void> {
    for (const purpose of [PURPOSE, 'email_verification', 'email_change'] as const) {
      await this.tokens.voidAll(id, purpose, now);
    }
  }
}
