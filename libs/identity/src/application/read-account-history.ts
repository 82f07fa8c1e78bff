import { Injectable } from '@nestjs/common';

import { AccountHistories } from './account-history.js';

/** What happened to an account, by the name of its event. */
export interface AccountMoment {
  readonly type: 'identity.registered' | 'identity.email_verified' | 'identity.password_changed';
  readonly at: Date;
}

/** What the account itself tells of its past: the last time of each thing, nothing before that. */
@Injectable()
export class ReadAccountHistory {
  constructor(private readonly histories: AccountHistories) {}

  async execute(userId: string): Promise<AccountMoment[]> {
    const history = await this.histories.of(userId);
    if (history === null) return [];
    const { createdAt, emailVerifiedAt, passwordChangedAt } = history;
    const moments: AccountMoment[] = [{ type: 'identity.registered', at: createdAt }];
    if (emailVerifiedAt === null) return moments;
    moments.push({ type: 'identity.email_verified', at: emailVerifiedAt });
    // Until the address is proven, a password is part of the registration.
    if (passwordChangedAt > emailVerifiedAt) moments.push({ type: 'identity.password_changed', at: passwordChangedAt });
    return moments;
  }
}
