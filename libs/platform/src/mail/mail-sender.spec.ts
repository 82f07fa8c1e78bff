import { describe, expect, it } from '@jest/globals';

import { DecryptionFailed, type DataKey } from '#platform/crypto';

import { RecordingSecurityLog } from '../../testing/http-app.js';
import { queued } from '../../testing/mails.js';
import { UndeliverableMail } from './mail-errors.js';
import { MailSender } from './mail-sender.js';
import type { MailTemplates } from './mail-templates.js';
import type { MailTransport } from './mail-transport.js';

const PATIENCE_MS = 1_000;

describe('The sender of a mail', () => {
  function failing(part: 'recipient' | 'data', error: Error) {
    const log = new RecordingSecurityLog();
    const fail = (): never => {
      throw error;
    };
    const key = { open: fail } as unknown as DataKey;
    const recipient = { open: () => (part === 'recipient' ? fail() : { address: 'mia@example.com', key }) };
    const recipients = { find: async () => new Map([['user of a', recipient]]) };
    const sender = new MailSender(recipients, {} as MailTemplates, {} as MailTransport, log);
    return { sender, recipient, log };
  }

  it.each(['recipient', 'data'] as const)(
    'LO-04 gives up a mail whose %s cannot be decrypted, and tells whoever watches for tampering',
    async (part) => {
      const { sender, recipient, log } = failing(part, new DecryptionFailed());

      await expect(sender.send(queued('a'), recipient, PATIENCE_MS)).rejects.toBeInstanceOf(UndeliverableMail);

      expect(log.events).toEqual([{ name: 'crypt_decrypt_fail', fields: { topic: 'mail', jobId: 'a' } }]);
    },
  );

  it('passes on what may pass, and tells nobody', async () => {
    const outage = new Error('connect');
    const { sender, recipient, log } = failing('recipient', outage);

    await expect(sender.send(queued('a'), recipient, PATIENCE_MS)).rejects.toBe(outage);

    expect(log.events).toEqual([]);
  });

  it('asks once for all who get mails, and sends nothing to whoever is gone', async () => {
    const asked: string[][] = [];
    const recipients = {
      find: async (userIds: readonly string[]) => {
        asked.push([...userIds]);
        return new Map();
      },
    };
    const log = new RecordingSecurityLog();
    const sender = new MailSender(recipients, {} as MailTemplates, {} as MailTransport, log);
    const mails = ['a', 'b', 'c'].map((id) => queued(id, { userId: id === 'c' ? 'kim' : 'lee' }));

    expect(await sender.recipientsOf(mails)).toEqual(new Map());
    expect(asked).toEqual([['lee', 'kim']]);
    expect(await sender.send(mails[0]!, undefined, PATIENCE_MS)).toBe('dropped');
  });
});
