import { Injectable } from '@nestjs/common';

import { Holders, MfaFactors, MfaNotices } from './ports.js';

/** What the owner is told, and of which factor. */
type AddedNotice = readonly [notice: 'mfa_enabled' | 'mfa_passkey_added', data: Readonly<Record<string, string>>];

/** What the first factor of a user begins, and the last one ends, whatever kind it is. All inside of a unit of work. */
@Injectable()
export class FactorDuty {
  constructor(
    private readonly holders: Holders,
    private readonly factors: MfaFactors,
    private readonly notices: MfaNotices,
  ) {}

  /**
   * Call it before the factor is stored: it keeps sign-ins of the user out until the end, so that none of them opens a
   * session which knows nothing of the factor.
   */
  async lock(userId: string): Promise<{ readonly isDue: boolean }> {
    return { isDue: await this.holders.lock(userId) };
  }

  /** The account's new epoch when this is its first factor: what was handed out without one is void; else `null`. */
  async added(
    userId: string,
    { isDue }: { readonly isDue: boolean },
    now: Date,
    [notice, data]: AddedNotice = ['mfa_enabled', {}],
  ): Promise<number | null> {
    await this.notices.send(notice, userId, { ...data, at: now.toISOString() });
    return isDue ? null : this.holders.demand(userId, now);
  }

  /** With the last factor go the recovery codes, which stand in for nothing then. */
  async removed(userId: string, now: Date): Promise<void> {
    if ((await this.factors.count(userId)) > 0) return;
    await this.factors.removeAll(userId);
    await this.holders.release(userId, now);
  }
}
