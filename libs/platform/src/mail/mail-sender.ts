import { Injectable } from '@nestjs/common';

import { DataKeys } from '#platform/crypto';

import { MailDataMissing } from './mail-errors.js';
import { type QueuedMail, sealedDataAad } from './mail-store.js';
import { MailTemplates } from './mail-templates.js';
import { MailTransport } from './mail-transport.js';
import { Recipients } from './recipients.js';

/** The transport took too long. The mail may have left or not. */
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
  ) {}

  /**
   * Sends one mail within `timeoutMs`. `dropped` means that the person is gone.
   *
   * @throws UndeliverableMail when trying again is pointless
   */
  async send(queued: QueuedMail, timeoutMs: number): Promise<'sent' | 'dropped'> {
    const to = await this.recipients.addressOf(queued.userId);
    if (to === null) return 'dropped';
    const key = await this.dataKeys.forUser(queued.userId);
    const data = parse(key.open(queued.sealed, sealedDataAad(queued.id)));
    const { id, template, language } = queued;
    const content = this.templates.render(template, language, data);
    await within(timeoutMs, this.transport.send({ id, template, language, to, ...content }));
    return 'sent';
  }

  close(): void {
    this.transport.close();
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

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MailTimedOut());
    }, ms);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
