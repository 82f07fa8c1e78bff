import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';
import { DataKeys } from '#platform/crypto';

import { MailStore, sealedDataAad, withAddress } from './mail-store.js';
import { MailWake } from './mail-wake.js';
import type { MailRequest } from './mail.js';

/** Takes mails in. They leave after the unit of work at hand has committed, and not at all if it rolls back. */
@Injectable()
export class MailQueue {
  constructor(
    private readonly store: MailStore,
    private readonly dataKeys: DataKeys,
    private readonly ids: Ids,
    private readonly wake: MailWake,
  ) {}

  /**
   * Enqueues a mail inside of the running unit of work; outside of one PostgreSQL refuses the write.
   *
   * @throws DecryptionFailed when the person has no data key (any more)
   */
  async enqueue({ template, userId, language, data, address }: MailRequest): Promise<void> {
    const id = this.ids.uuid();
    const key = await this.dataKeys.forUser(userId);
    const sealed = key.seal(JSON.stringify(withAddress(data, address)), sealedDataAad(id));
    await this.store.add({ id, template, userId, language, sealed });
    this.wake.call();
  }
}
