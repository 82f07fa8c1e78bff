import { Injectable } from '@nestjs/common';

import { DecryptionFailed } from '#platform/crypto';
import { SecurityLog } from '#platform/http';

import { MailDataMissing, MailUnreadable } from './mail-errors.js';
import { addressIn, type QueuedMail, sealedDataAad } from './mail-store.js';
import { MailTemplates } from './mail-templates.js';
import { MailTransport } from './mail-transport.js';
import type { Mail } from './mail.js';
import { Recipients, type Recipient } from './recipients.js';

/** Reading or handing over took too long. The mail may have left or not. */
export class MailTimedOut extends Error {
  readonly code = 'timed_out';

  constructor() {
    super('Handing over a mail took too long.');
    this.name = 'MailTimedOut';
  }
}

/** Makes a mail out of a queued row and hands it to the transport. */
@Injectable()
export class MailSender {
  constructor(
    private readonly recipients: Recipients,
    private readonly templates: MailTemplates,
    private readonly transport: MailTransport,
    private readonly securityLog: SecurityLog,
  ) {}

  /** Who gets these mails, by user, read at once for all of them. */
  recipientsOf(mails: readonly QueuedMail[]): Promise<ReadonlyMap<string, Recipient>> {
    return this.recipients.find([...new Set(mails.map(({ userId }) => userId))]);
  }

  /**
   * Makes the mail and hands it over, all within `timeoutMs`: the lease of the row bounds the whole. `dropped` means that
   * the person is gone, and gets no mail at any address.
   *
   * @throws UndeliverableMail when trying again is pointless
   */
  send(queued: QueuedMail, recipient: Recipient | undefined, timeoutMs: number): Promise<'sent' | 'dropped'> {
    return within(timeoutMs, async () => {
      if (recipient === undefined) return 'dropped';
      await this.transport.send(this.compose(queued, recipient));
      return 'sent';
    });
  }

  close(): void {
    this.transport.close();
  }

  /** Tells whoever watches for tampering, as for a request (OWASP Logging Vocabulary). */
  private refuse({ id }: QueuedMail, error: unknown): never {
    if (!(error instanceof DecryptionFailed)) throw error;
    this.securityLog.event('crypt_decrypt_fail', { topic: 'mail', jobId: id });
    throw new MailUnreadable('A queued mail or its recipient cannot be decrypted.', { cause: error });
  }

  private compose(queued: QueuedMail, recipient: Recipient): Mail {
    const { id, template, language } = queued;
    const { address, data } = this.open(queued, recipient);
    const to = addressIn(data) ?? address;
    return { id, template, language, to, ...this.templates.render(template, language, data) };
  }

  private open(queued: QueuedMail, recipient: Recipient): { address: string; data: Record<string, string> } {
    try {
      const { address, key } = recipient.open();
      return { address, data: parse(key.open(queued.sealed, sealedDataAad(queued.id))) };
    } catch (error) {
      return this.refuse(queued, error);
    }
  }
}

function parse(json: Buffer): Record<string, string> {
  const data: unknown = JSON.parse(json.toString('utf8'));
  if (!isTexts(data)) throw new MailDataMissing('The data of a queued mail is not a record of texts.');
  return data;
}

function isTexts(data: unknown): data is Record<string, string> {
  return typeof data === 'object' && data !== null && Object.values(data).every((value) => typeof value === 'string');
}

/** Waits for `work` for at most `ms`. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MailTimedOut());
    }, ms);
  });
  try {
    return await Promise.race([work(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
