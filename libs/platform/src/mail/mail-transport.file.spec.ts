import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { MailHeaderUnsafe } from './mail-errors.js';
import { FileMailTransport } from './mail-transport.file.js';
import type { Mail } from './mail.js';

const TOKEN = '3D_-pVx3q1TzkX0a9bQmN4rYwS7uE2hL6cDfGjKoPiB';
const URL_BASE = 'http://localhost:8000/some/rather/long/path/so/that/no/line/of/76/could/hold/it';

const mail: Mail = {
  id: '0193b2c0-1111-7000-8000-0123456789ab',
  template: 'verify_email',
  language: 'ko',
  to: 'mia@xn--bcher-kva.example',
  subject: '이메일 주소를 확인해 주세요',
  text: `안녕하세요.\n\n${URL_BASE}?token=${TOKEN}\n`,
  html: `<p>안녕하세요.</p>\n<a href="${URL_BASE}?token=${TOKEN}">확인</a>\n`,
};

describe('The file transport', () => {
  let parent: string;
  let directory: string;
  let transport: FileMailTransport;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'mail-'));
    directory = join(parent, 'data', 'mail');
    transport = new FileMailTransport(
      { directory },
      { from: 'User Service <no-reply@example.com>' },
      { now: () => new Date('2026-11-22T09:08:07.006Z') },
    );
  });
  afterEach(async () => {
    await rm(parent, { recursive: true });
  });

  async function written(sent: Mail = mail): Promise<string> {
    await transport.send(sent);
    const [name] = await readdir(directory);
    return readFile(join(directory, name!), 'utf8');
  }

  it('names the file by time, template and id, and leaves nothing else', async () => {
    await transport.send(mail);

    expect(await readdir(directory)).toEqual(['20261122T090807.006Z-verify_email-456789ab.eml']);
  });

  it('gives later mails later names, in one millisecond and whatever their ids are', async () => {
    const ids = ['f', 'a', 'c', '0', 'b'].map((digit) => `0193b2c0-1111-7000-8000-${digit.repeat(12)}`);
    for (const id of ids) await transport.send({ ...mail, id });
    const names = (await readdir(directory)).toSorted();

    expect(names.map((name) => name.slice(-12, -4))).toEqual(ids.map((id) => id.slice(-8)));
  });

  it('keeps the file and the folder from other people', async () => {
    await transport.send(mail);
    const [name] = await readdir(directory);

    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, name!))).mode & 0o777).toBe(0o600);
  });

  it.each([mail, { ...mail, text: mail.text.replaceAll(/\p{Script=Hangul}/gu, 'a'), language: 'en' as const }])(
    'lets grep find the token and nothing but the token',
    async (sent) => {
      const found = (await written(sent)).match(/token=[A-Za-z0-9_-]*/g);

      expect(found).toEqual([`token=${TOKEN}`, `token=${TOKEN}`]);
    },
  );

  it('writes an RFC 5322 message with both alternatives in readable UTF-8', async () => {
    const content = await written();

    expect(content).toContain('\r\nFrom: User Service <no-reply@example.com>\r\n');
    expect(content).toMatch(/^To: mia@xn--bcher-kva\.example\r$/m);
    expect(content).toContain('\r\nMessage-ID: <0193b2c0-1111-7000-8000-0123456789ab@example.com>\r\n');
    expect(content).toContain('\r\nSubject: =?UTF-8?B?');
    expect(content).toContain('\r\nContent-Language: ko\r\n');
    expect(content).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(content).toMatch(/Content-Type: multipart\/alternative;\r\n boundary=/);
    expect(content).toContain(
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n안녕하세요.\r\n',
    );
    expect(content).toContain('Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n');
    expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each(['mia@example.com\r\nBcc: eve@example.com', 'mia@example.com\u2028x', 'mia\u0000@example.com'])(
    'refuses an address that could add header lines',
    async (to) => {
      await expect(transport.send({ ...mail, to })).rejects.toThrow(MailHeaderUnsafe);
    },
  );

  it('refuses a subject that could add header lines', async () => {
    await expect(transport.send({ ...mail, subject: 'a\nBcc: eve@example.com' })).rejects.toThrow(MailHeaderUnsafe);
  });

  it('lets no part of a template name lead out of the folder', async () => {
    await transport.send({ ...mail, template: '../../evil' });

    expect(await readdir(directory)).toEqual(['20261122T090807.006Z-______evil-456789ab.eml']);
  });

  it('sends one address what looks like two as one', async () => {
    const content = await written({ ...mail, to: 'a@example.com,eve@example.com' });

    expect(content).not.toMatch(/^To: a@example\.com, eve@example\.com/m);
  });
});
