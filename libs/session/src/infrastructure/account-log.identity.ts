import { Injectable } from '@nestjs/common';

import { ReadAccountHistory, type AccountMoment } from '#identity';

import { AccountLog } from '../application/read-security-log.js';

@Injectable()
export class IdentityAccountLog extends AccountLog {
  constructor(private readonly history: ReadAccountHistory) {
    super();
  }

  of(userId: string): Promise<AccountMoment[]> {
    return this.history.execute(userId);
  }
}
