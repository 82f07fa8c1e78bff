import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { waitFor } from './wait.js';

/** A mail as it was written to the folder that stands for the mail server. */
export interface ReceivedMail {
  readonly to: string;
  /** As it stands in the header: encoded words where it is not ASCII. */
  readonly subject: string;
  readonly language: string;
  readonly text: string;
  /** Of the link in it; empty when there is none. */
  readonly token: string;
  readonly raw: string;
}

/** By path: a mail does not change, and tests look into the folder again and again. */
const read = new Map<string, ReceivedMail>();

/** Every mail in the folder, oldest first; `to` picks those to one address. */
export async function mailsIn(directory: string, to?: string): Promise<ReceivedMail[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.eml')).sort();
  const mails = await Promise.all(names.map((name) => readOnce(join(directory, name))));
  return mails.filter((mail) => to === undefined || mail.to === to);
}

async function readOnce(path: string): Promise<ReceivedMail> {
  const known = read.get(path);
  if (known !== undefined) return known;
  const mail = parse(await readFile(path, 'utf8'));
  read.set(path, mail);
  return mail;
}

function parse(raw: string): ReceivedMail {
  const [, text = ''] = /Content-Type: text\/plain[^]*?\r\n\r\n([^]*?)\r\n--/.exec(raw) ?? [];
  return {
    to: header(raw, 'To'),
    subject: header(raw, 'Subject'),
    language: header(raw, 'Content-Language'),
    text,
    token: /[?&]token=([A-Za-z0-9_-]+)/.exec(text)?.[1] ?? '',
    raw,
  };
}

function header(raw: string, name: string): string {
  return new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'm').exec(raw)?.[1]?.trim() ?? '';
}

/** A header as a reader sees it (RFC 2047). */
export function decoded(text: string): string {
  const bytesOf = (kind: string, word: string): Buffer =>
    kind.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64')
      : Buffer.from(
          word
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        );
  const words = /=\?utf-8\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi;
  return text.replace(words, (_all, kind: string, word: string) => bytesOf(kind, word).toString('utf8'));
}

/** The `count`th mail to an address whose link leads to that page, whatever else was mailed there. */
export async function mailWithLink(app: Mailed, to: string, page: string, count = 1): Promise<ReceivedMail> {
  const arrived = async (): Promise<ReceivedMail | undefined> =>
    (await app.mails(to)).filter(({ text }) => text.includes(`/${page}?token=`))[count - 1];
  return waitFor(arrived, { what: `mail ${count} with a link to ${page}` });
}

interface Mailed {
  mails(to?: string): Promise<ReceivedMail[]>;
}
