import { describe, expect, it } from '@jest/globals';

import { DecryptionFailed, type DataKeys } from '#platform/crypto';

import { RecordingSecurityLog } from '../../testing/http-app.js';
import { queued } from '../../testing/mails.js';
import { UndeliverableMail } from './mail-errors.js';
import { MailSender } from './mail-sender.js';
import type { MailTemplates } from './mail-templates.js';
import type { MailTransport } from './mail-transport.js';

const PATIENCE_MS = 1_000;

describe('The sender of a mail', () => {
  function failing(part: 'recipient' | 'data', error: Error): { sender: MailSender; log: RecordingSecurityLog } {
    const log = new RecordingSecurityLog();
    const fail = (): never => {
      throw error;
    };
    const recipients = { addressOf: async () => (part === 'recipient' ? fail() : 'mia@example.com') };
    const keys = { forUser: async () => ({ open: fail }) };
    const [templates, transport] = [{} as MailTemplates, {} as MailTransport];
    const sender = new MailSender(recipients, keys as unknown as DataKeys, templates, transport, log);
    return { sender, log };
  }

  it.each(['recipient', 'data'] as const)(
    'LO-04 gives up a mail whose %s cannot be decrypted, and tells whoever watches for tampering',
    async (part) => {
      const { sender, log } = failing(part, new DecryptionFailed());

      await expect(sender.send(queued('a'), PATIENCE_MS)).rejects.toBeInstanceOf(UndeliverableMail);

      expect(log.events).toEqual([{ name: 'crypt_decrypt_fail', fields: { topic: 'mail', jobId: 'a' } }]);
    },
  );

  it('passes on what may pass, and tells nobody', async () => {
    const outage = new Error('connect');
    const { sender, log } = failing('recipient', outage);

    await expect(sender.send(queued('a'), PATIENCE_MS)).rejects.toBe(outage);

    expect(log.events).toEqual([]);
  });
});
