import type { Mail } from './mail.js';
import { MailHeaderUnsafe } from './mail-errors.js';

// C0 controls, DEL, C1 controls and the Unicode line separators: nothing that a header line may hold.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const ASCII = /^\p{ASCII}*$/u;

/** What nodemailer's `sendMail` takes for one of our mails. */
export interface MimeMessage {
  readonly from: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly alternatives: MimePart[];
  readonly disableFileAccess: true;
  readonly disableUrlAccess: true;
}

interface MimePart {
  readonly contentType: string;
  readonly content?: string;
  readonly raw?: string;
}

/**
 * Turns a mail into a multipart/alternative message (RFC 2046 §5.1.4).
 *
 * ASCII parts leave as they are (7bit), so that a link is never cut by a soft line break; other parts do so only where
 * `eightBit` says that nothing on the way needs seven bits, and are otherwise quoted-printable or base64.
 *
 * @throws MailHeaderUnsafe
 */
export function toMime(mail: Mail, from: string, { eightBit }: { eightBit: boolean }): MimeMessage {
  if (CONTROL.test(mail.to) || CONTROL.test(mail.subject) || CONTROL.test(from)) {
    throw new MailHeaderUnsafe('An address or subject of a mail holds control characters.');
  }
  return {
    from,
    // An object, not a string: a comma or angle bracket cannot make a second recipient of it.
    to: { name: '', address: mail.to },
    subject: mail.subject,
    messageId: `<${mail.id}@${domainOf(from)}>`,
    headers: {
      // RFC 3834 §5: no out-of-office answers to these.
      'Auto-Submitted': 'auto-generated',
      'Content-Language': mail.language,
    },
    alternatives: [part('text/plain', mail.text, eightBit), part('text/html', mail.html, eightBit)],
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Writes the message out as RFC 5322 text. */
export async function composeMime(message: MimeMessage): Promise<Buffer> {
  const { createTransport } = await import('nodemailer');
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: composed } = await composer.sendMail(message);
  if (!Buffer.isBuffer(composed)) throw new TypeError('nodemailer was asked for a buffer and gave a stream');
  return composed;
}

function part(type: string, content: string, eightBit: boolean): MimePart {
  const contentType = `${type}; charset=utf-8`;
  const ascii = ASCII.test(content);
  if (!ascii && !eightBit) return { contentType, content };
  const body = content.replaceAll(/\r?\n/g, '\r\n');
  return {
    contentType,
    raw: `Content-Type: ${contentType}\r\nContent-Transfer-Encoding: ${ascii ? '7bit' : '8bit'}\r\n\r\n${body}`,
  };
}

function domainOf(from: string): string {
  return /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}
