import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Every mail in the folder, oldest first; `to` picks those to one address. */
export async function mailsIn(directory: string, to?: string): Promise<ReceivedMail[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.eml')).sort();
  const mails = await Promise.all(names.map(async (name) => parse(await readFile(join(directory, name), 'utf8'))));
  return mails.filter((mail) => to === undefined || mail.to === to);
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
