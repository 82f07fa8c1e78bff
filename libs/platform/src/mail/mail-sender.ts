import { Injectable } from '@nestjs/common';

import { DataKeys, DecryptionFailed } from '#platform/crypto';
import { SecurityLog } from '#platform/http';

import { MailDataMissing, MailUnreadable } from './mail-errors.js';
import { addressIn, type QueuedMail, sealedDataAad } from './mail-store.js';
import { MailTemplates } from './mail-templates.js';
import { MailTransport } from './mail-transport.js';
import type { Mail } from './mail.js';
import { Recipients } from './recipients.js';

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
    private readonly dataKeys: DataKeys,
    private readonly templates: MailTemplates,
    private readonly transport: MailTransport,
    private readonly securityLog: SecurityLog,
  ) {}

  /**
   * Reads what the mail is made of and hands it over, all within `timeoutMs`: the lease of the row bounds the whole.
   * `dropped` means that the person is gone.
   *
   * @throws UndeliverableMail when trying again is pointless
   */
  send(queued: QueuedMail, timeoutMs: number): Promise<'sent' | 'dropped'> {
    return within(timeoutMs, async (late) => {
      const mail = await this.compose(queued).catch((error: unknown) => this.refuse(queued, error));
      if (mail === undefined) return 'dropped';
      // Whoever claimed the row next sends it: a read that comes back late must not send it as well.
      late.throwIfAborted();
      await this.transport.send(mail);
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

  private async compose(queued: QueuedMail): Promise<Mail | undefined> {
    const stored = await this.recipients.addressOf(queued.userId);
    // A person who is gone gets no mail at any address.
    if (stored === null) return undefined;
    const key = await this.dataKeys.forUser(queued.userId);
    const data = parse(key.open(queued.sealed, sealedDataAad(queued.id)));
    const { id, template, language } = queued;
    const to = addressIn(data) ?? stored;
    return { id, template, language, to, ...this.templates.render(template, language, data) };
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

/** Runs `work` for at most `ms`; its signal then tells it to stop. */
async function within<T>(ms: number, work: (late: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new MailTimedOut();
      late.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([work(late.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
