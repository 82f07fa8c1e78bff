import { Injectable } from '@nestjs/common';

import { Recipients } from '#platform/mail';

import { UserQueries } from '../application/ports.js';

/** Mail goes to the stored address, whatever was typed. */
@Injectable()
export class StoredRecipients extends Recipients {
  constructor(private readonly queries: UserQueries) {
    super();
  }

  async addressOf(userId: string): Promise<string | null> {
    return (await this.queries.profileOf(userId))?.email ?? null;
  }
}
