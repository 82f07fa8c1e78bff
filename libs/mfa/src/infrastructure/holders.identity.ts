import { Injectable } from '@nestjs/common';

import { SecondFactorAccounts } from '#identity';

import { Holders } from '../application/ports.js';
import { HolderGone } from '../domain/errors.js';

@Injectable()
export class IdentityHolders extends Holders {
  constructor(private readonly accounts: SecondFactorAccounts) {
    super();
  }

  async emailOf(userId: string): Promise<string> {
    const holder = await this.accounts.find(userId);
    if (holder === null) throw new HolderGone();
    return holder.email;
  }

  async isAdmin(userId: string): Promise<boolean> {
    return (await this.accounts.find(userId))?.isAdmin ?? false;
  }

  async lock(userId: string): Promise<boolean> {
    const isDue = await this.accounts.lock(userId);
    if (isDue === null) throw new HolderGone();
    return isDue;
  }

  demand(userId: string, now: Date): Promise<number> {
    return this.accounts.demand(userId, now);
  }

  release(userId: string, now: Date): Promise<void> {
    return this.accounts.release(userId, now);
  }
}
