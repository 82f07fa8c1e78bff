import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { Email } from '../domain/email.js';
import { TooManyEmailChanges } from '../domain/errors.js';
import type { User } from '../domain/user.js';
import { IdentityMail, IdentitySettings, OneTimeTokens, UserRepository, type OneTimeToken } from './ports.js';

const HOUR_MS = 3_600_000;
const CHANGES_PER_HOUR = 3;
/** Long enough for somebody who does not read their mail over a weekend. */
export const UNDO_TOKEN_DAYS = 3;

/** A change of address that was asked for. */
export interface EmailChange {
  readonly to: Email;
  /** Whether the new address hears of it: not when it is somebody's already. */
  readonly reachable: boolean;
}

/** The steps of a change of address. Each runs in the caller's unit of work, which holds the account's row. */
@Injectable()
export class EmailChanges {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UserRepository,
    private readonly mail: IdentityMail,
    private readonly settings: IdentitySettings,
    private readonly ids: Ids,
  ) {}

  /** The newest wish is the one that can come true. Throws `TooManyEmailChanges`. */
  async begin(user: User, { to, reachable }: EmailChange, now: Date): Promise<void> {
    const since = new Date(now.getTime() - HOUR_MS);
    if ((await this.tokens.countSince(user.id, 'email_change', since)) >= CHANGES_PER_HOUR) {
      throw new TooManyEmailChanges(HOUR_MS / 1_000);
    }
    await this.tokens.voidAll(user.id, 'email_change', now);
    const token = this.ids.secret();
    const expiresAt = new Date(now.getTime() + this.settings.verificationTokenHours * HOUR_MS);
    await this.store({ token, purpose: 'email_change', address: to, issuedAt: now, expiresAt }, user);
    user.requestEmailChange(to, now);
    await this.users.save(user);
    if (reachable) await this.mail.confirmEmailChange(user, to, token);
    await this.tell(user, { before: user.state.email, after: to, done: false, askedAt: now }, now);
  }

  /** `false` when the token is of no use, or the address has become somebody's meanwhile. */
  async confirm(token: string, user: User, now: Date): Promise<boolean> {
    const spent = await this.tokens.consume(token, 'email_change', now);
    // Made for a password that is no longer the present one.
    if (spent?.securityEpoch !== user.state.securityEpoch || spent.address === null) return false;
    if (!(await this.makeRoom(spent.address, user, now))) return false;
    const before = user.state.email;
    user.changeEmail(spent.address, now);
    await this.users.save(user);
    // A link to set a new password was mailed to the address before.
    for (const purpose of ['email_change', 'password_reset'] as const) await this.tokens.voidAll(user.id, purpose, now);
    await this.tell(user, { before, after: spent.address, done: true, askedAt: spent.issuedAt }, now);
    return true;
  }

  /**
   * Whatever happened since the change was asked for: a thief would have changed the password as well. Undoes what came
   * after that as well, and none of it can undo this; an earlier change can still be taken back by its own token, or a
   * thief could void the owner's by changing the address twice.
   */
  async undo(token: string, user: User, passwordHash: string, now: Date): Promise<boolean> {
    const spent = await this.tokens.consume(token, 'email_change_undo', now);
    if (!spent?.address || !(await this.makeRoom(spent.address, user, now))) return false;
    user.undoEmailChange({ to: spent.address, passwordHash, since: spent.issuedAt }, now);
    await this.tokens.voidAll(user.id, 'email_change', now);
    await this.tokens.voidSince(user.id, 'email_change_undo', spent.issuedAt, now);
    return true;
  }

  /** Whoever proved the address goes before whoever only registered it; `false` when somebody else proved it, too. */
  private async makeRoom(address: Email, user: User, now: Date): Promise<boolean> {
    const holder = await this.users.findByEmailForUpdate(address);
    if (holder === null || holder.id === user.id) return true;
    if (holder.emailVerified) return false;
    holder.erase(now);
    await this.users.remove(holder);
    return true;
  }

  private async tell(user: User, { before, after, done, askedAt }: Told, now: Date): Promise<void> {
    const token = this.ids.secret();
    // Counts from when the change was asked for, whichever of its two notices it is in.
    const life = { issuedAt: askedAt, expiresAt: new Date(now.getTime() + UNDO_TOKEN_DAYS * 24 * HOUR_MS) };
    await this.store({ token, purpose: 'email_change_undo', address: before, ...life }, user);
    await this.mail.emailChangeNotice(user, before, after, { token, done });
  }

  private store(
    token: Pick<OneTimeToken, 'token' | 'purpose' | 'issuedAt' | 'expiresAt'> & { readonly address: Email },
    user: User,
  ): Promise<void> {
    const { securityEpoch } = user.state;
    return this.tokens.issue({ ...token, userId: user.id, securityEpoch, registration: null });
  }
}

interface Told {
  readonly before: Email;
  readonly after: Email;
  readonly done: boolean;
  readonly askedAt: Date;
}
