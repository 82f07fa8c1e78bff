import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import { MailRefused } from './mail-errors.js';
import type { SmtpSettings } from './mail-settings.js';
import { SmtpMailTransport, smtpOptions } from './mail-transport.smtp.js';
import type { Mail } from './mail.js';

const mail: Mail = {
  id: '0193b2c0-1111-7000-8000-0123456789ab',
  template: 'verify_email',
  language: 'en',
  to: 'mia@example.com',
  subject: 'Confirm',
  text: `${'a'.repeat(90)}\nhttp://localhost:8000/verify-email?token=3Dabc\n`,
  html: '<p>확인 http://localhost:8000/verify-email?token=3Dabc</p>',
};

interface Sink {
  readonly messages: string[];
  readonly connections: () => number;
}

describe('The SMTP transport', () => {
  const open: { server: Server; transport: SmtpMailTransport }[] = [];
  afterEach(async () => {
    for (const { server, transport } of open.splice(0)) {
      transport.close();
      server.close();
      await once(server, 'close');
    }
  });

  /** A server that speaks just enough SMTP. `answers` overrides what it says to a command. */
  async function connect(
    answers: Record<string, string> = {},
    more: Partial<SmtpSettings> = {},
  ): Promise<Sink & { transport: SmtpMailTransport }> {
    const messages: string[] = [];
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      let inData = false;
      let buffer = '';
      socket.on('error', () => socket.destroy());
      socket.write(`${answers['greeting'] ?? '220 sink ready'}\r\n`);
      socket.on('data', (chunk) => {
        buffer += chunk.toString('utf8');
        for (;;) {
          const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n');
          if (end < 0) return;
          const taken = buffer.slice(0, end);
          buffer = buffer.slice(end + (inData ? 5 : 2));
          if (inData) {
            messages.push(taken);
            inData = false;
            socket.write(`${answers['message'] ?? '250 taken'}\r\n`);
            continue;
          }
          const verb = taken.slice(0, 4).toUpperCase();
          inData = verb === 'DATA';
          socket.write(`${answers[verb] ?? (inData ? '354 go on' : '250 ok')}\r\n`);
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const settings = { url: `smtp://127.0.0.1:${port}`, requireStartTls: false, ...more };
    const transport = new SmtpMailTransport(settings, { from: 'no-reply@example.com' });
    open.push({ server, transport });
    return { messages, connections: () => connections, transport };
  }

  it('fails a mail whose server hangs as soon as it is closed', async () => {
    const { transport, connections } = await connect({ MAIL: '250-there is more, some day' });
    const sent = transport.send(mail).then(
      () => 'sent',
      () => 'failed',
    );
    while (connections() === 0) await setImmediate();
    transport.close();

    expect(await sent).toBe('failed');
  });

  it('hands the mail over with its link whole, and non-ASCII parts encoded', async () => {
    const { transport, messages } = await connect();
    await transport.send(mail);

    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('\r\nhttp://localhost:8000/verify-email?token=3Dabc\r\n');
    expect(messages[0]).toContain('Message-ID: <0193b2c0-1111-7000-8000-0123456789ab@example.com>');
    expect(messages[0]).toMatch(/^\p{ASCII}*$/u);
  });

  it('keeps its connections', async () => {
    const { transport, connections } = await connect();
    for (let count = 0; count < 3; count += 1) await transport.send(mail);

    expect(connections()).toBe(1);
  });

  it.each([
    { RCPT: '550 5.1.1 no such user' },
    { RCPT: '550-5.1.1 no such user\r\n550 5.1.1 at all' },
    { RCPT: '556 5.1.10 takes no mail' },
    { message: '550 5.2.1 mailbox disabled' },
  ])('gives up when the recipient is refused for good', async (answers) => {
    const { transport } = await connect(answers);

    await expect(transport.send(mail)).rejects.toThrow(MailRefused);
  });

  it.each([
    { RCPT: '451 later' },
    { RCPT: '450 4.1.1 not known yet' },
    { RCPT: '550 no such user' },
    { RCPT: '554 5.7.1 Relay access denied' },
    { RCPT: '550 5.1.12 not a code we know' },
    { message: '452 full' },
    { message: '554 5.7.1 spam' },
    { message: '552 5.2.2 mailbox full' },
    { MAIL: '553 5.1.8 sender not allowed' },
    { greeting: '554 no' },
  ])('takes other refusals for passing trouble', async (answers) => {
    const { transport } = await connect(answers);
    const failure = await transport.send(mail).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(MailRefused);
  });

  it('sends nothing over a plain connection where STARTTLS is required', async () => {
    const { transport, messages } = await connect({ STAR: '502 not here' }, { requireStartTls: true });

    await expect(transport.send(mail)).rejects.toThrow();
    expect(messages).toEqual([]);
  });

  it('verifies certificates, whatever the URL asks for', () => {
    const url = 'smtps://me:secret@mail.example.com:465/?tls.rejectUnauthorized=false';

    expect(smtpOptions({ url, requireStartTls: true })).toMatchObject({
      url: 'smtps://me:secret@mail.example.com:465/',
      requireTLS: true,
      tls: { rejectUnauthorized: true },
    });
  });
});
