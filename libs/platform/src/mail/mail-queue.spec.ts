import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { DataKey, type DataKeys, DecryptionFailed } from '#platform/crypto';

import { RecordingSecurityLog } from '../../testing/http-app.js';
import { MailDataMissing, MailUnreadable } from './mail-errors.js';
import { MailQueue } from './mail-queue.js';
import { MailSender, MailTimedOut } from './mail-sender.js';
import type { MailStore, QueuedMail } from './mail-store.js';
import type { MailTemplates } from './mail-templates.js';
import type { MailTransport } from './mail-transport.js';
import { MailWake } from './mail-wake.js';
import type { Mail } from './mail.js';

const USER = '0193b2c0-2222-7000-8000-000000000000';
const ROW = '0193b2c0-1111-7000-8000-0123456789ab';

function fixture() {
  const rows: QueuedMail[] = [];
  const sent: Mail[] = [];
  const key = new DataKey(randomBytes(32));
  const dataKeys = {
    forUser: async (userId: string) => {
      if (userId !== USER) throw new DecryptionFailed();
      return key;
    },
  } as unknown as DataKeys;
  const store = {
    add: async (mail: QueuedMail) => {
      rows.push(mail);
    },
  } as unknown as MailStore;
  const templates: MailTemplates = {
    render: (template, language, data) => ({
      subject: `${template}/${language}`,
      text: JSON.stringify(data),
      html: '',
    }),
  };
  const transport: MailTransport = {
    send: async (mail) => {
      sent.push(mail);
    },
    close: () => undefined,
  };
  const wake = new MailWake();
  const queue = new MailQueue(store, dataKeys, { uuid: () => ROW, secret: () => 'unused' }, wake);
  const senderBy = (by: MailTransport): MailSender =>
    new MailSender({ find: async () => new Map() }, templates, by, new RecordingSecurityLog());
  const mia = { open: () => ({ address: 'mia@example.com', key }) };
  return { rows, sent, key, queue, wake, mia, sender: senderBy(transport), senderBy };
}

const request = { template: 'verify_email', userId: USER, language: 'en', data: { token: 'canary-token' } } as const;

describe('A queued mail', () => {
  it('holds neither its data nor an address in the clear', async () => {
    const { queue, rows } = fixture();
    await queue.enqueue(request);
    const [row] = rows;

    expect({ ...row, sealed: undefined }).toEqual({
      id: ROW,
      template: 'verify_email',
      userId: USER,
      language: 'en',
      sealed: undefined,
    });
    expect(row!.sealed.toString('latin1')).not.toContain('canary');
  });

  it('is written again at sending time, to the stored address', async () => {
    const { queue, rows, sender, sent, mia } = fixture();
    await queue.enqueue(request);

    expect(await sender.send(rows[0]!, mia, 1_000)).toBe('sent');
    expect(sent).toEqual([
      {
        id: ROW,
        template: 'verify_email',
        language: 'en',
        to: 'mia@example.com',
        subject: 'verify_email/en',
        text: '{"token":"canary-token"}',
        html: '',
      },
    ]);
  });

  it('is dropped when the person is gone', async () => {
    const { queue, rows, sender, sent } = fixture();
    await queue.enqueue(request);

    expect(await sender.send(rows[0]!, undefined, 1_000)).toBe('dropped');
    expect(sent).toEqual([]);
  });

  it('does not open in another row', async () => {
    const { queue, rows, sender, mia } = fixture();
    await queue.enqueue(request);

    await expect(sender.send({ ...rows[0]!, id: USER }, mia, 1_000)).rejects.toThrow(MailUnreadable);
  });

  it('is refused when its data is not a record of texts', async () => {
    const { key, sender, mia } = fixture();
    const sealed = key.seal('[1]', `outbox/payload/${ROW}`);

    await expect(sender.send({ id: ROW, ...request, sealed }, mia, 1_000)).rejects.toThrow(MailDataMissing);
  });

  it('wakes the dispatcher of this process', async () => {
    const { queue, wake } = fixture();
    await queue.enqueue(request);

    expect(await wake.wait(60_000)).toBe(true);
  });

  it('counts as not sent when the transport does not answer in time', async () => {
    const { queue, rows, senderBy, mia } = fixture();
    await queue.enqueue(request);
    const stuck = senderBy({ send: () => Promise.withResolvers<undefined>().promise, close: () => undefined });

    await expect(stuck.send(rows[0]!, mia, 5)).rejects.toThrow(MailTimedOut);
  });
});
