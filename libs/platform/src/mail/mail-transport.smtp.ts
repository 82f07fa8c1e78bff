import { Injectable } from '@nestjs/common';

import type { Mail } from './mail.js';
import { MailRefused } from './mail-errors.js';
import { MailSettings, SmtpSettings } from './mail-settings.js';
import { MailTransport } from './mail-transport.js';
import { toMime } from './mime.js';

// Milliseconds. Far below RFC 5321 §4.5.3.2's minutes: the queue tries again, and a stuck server must not hold it up.
const CONNECT_TIMEOUT = 5_000;
const GREETING_TIMEOUT = 5_000;
const SOCKET_TIMEOUT = 10_000;

// As many as the dispatcher sends at once.
const MAX_CONNECTIONS = 4;

/** Speaks SMTP to one server over a few kept connections. Certificates are always verified. */
@Injectable()
export class SmtpMailTransport extends MailTransport {
  private pool: ReturnType<SmtpMailTransport['connect']> | undefined;

  constructor(
    private readonly smtp: SmtpSettings,
    private readonly settings: MailSettings,
  ) {
    super();
  }

  async send(mail: Mail): Promise<void> {
    const message = toMime(mail, this.settings.from, { eightBit: false });
    this.pool ??= this.connect().catch((error: unknown) => {
      this.pool = undefined;
      throw error;
    });
    const pool = await this.pool;
    try {
      await pool.sendMail(message);
    } catch (error) {
      if (isRefusal(error)) throw new MailRefused('The mail server refused the mail.', { cause: error });
      throw error;
    }
  }

  close(): void {
    this.pool?.then(
      (pool) => {
        pool.close({ force: true });
      },
      () => undefined,
    );
  }

  /** The library is loaded by the first mail: a process that sends none does not keep its megabytes. */
  private async connect() {
    const { createTransport } = await import('nodemailer');
    return createTransport(smtpOptions(this.smtp));
  }
}

/** How to connect. Wherever TLS is spoken the certificate is verified. */
export function smtpOptions({ url, requireStartTls }: SmtpSettings) {
  const bare = new URL(url);
  // nodemailer would let the query override any option, the checks below included.
  bare.search = '';
  return {
    url: bare.href,
    requireTLS: requireStartTls,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: CONNECT_TIMEOUT,
    dnsTimeout: CONNECT_TIMEOUT,
    greetingTimeout: GREETING_TIMEOUT,
    socketTimeout: SOCKET_TIMEOUT,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
  } as const;
}

// What RFC 3463 §3.2, §3.3 and RFC 7505 §4.2 say of the recipient for good: no such mailbox, no such system, bad syntax,
// moved away, takes no mail (null MX), disabled.
const RECIPIENT_GONE = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1']);

/**
 * Whether the server refused for good and for a reason that lies with the recipient. Any other 5yz, one without an
 * enhanced status code included, may be about us ("554 5.7.1 Relay access denied") and may be mended.
 */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('command' in error) || !('response' in error)) return false;
  const aboutTheMail = error.command === 'RCPT TO' || error.command === 'DATA';
  // RFC 2034 §4: the enhanced code follows the reply code, on every line of the reply.
  const status = /^5\d\d[ -](5\.\d{1,3}\.\d{1,3})(?!\S)/.exec(String(error.response))?.[1];
  return aboutTheMail && status !== undefined && RECIPIENT_GONE.has(status);
}
