import { AppLogger, type LogFields, type RequestLine } from '#platform/logging';

import { type ClaimedMail, MailStore } from '../src/mail/mail-store.js';

/** Due mails in memory, and what became of them. */
export class MailsInMemory extends MailStore {
  readonly due: ClaimedMail[] = [];
  readonly postponed: { id: string; seconds: number }[] = [];
  readonly parked: string[] = [];
  readonly removed: string[] = [];
  readonly released: string[] = [];
  claims = 0;
  down = false;
  onClaim: () => void = () => undefined;

  async add(): Promise<void> {
    throw new Error('not used here');
  }
  async claim(limit: number): Promise<ClaimedMail[]> {
    this.claims += 1;
    this.onClaim();
    if (this.down) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    return this.due.splice(0, limit);
  }
  async remove(ids: readonly string[]): Promise<void> {
    this.removed.push(...ids);
  }
  async postpone(id: string, seconds: number): Promise<void> {
    this.postponed.push({ id, seconds });
  }
  async park(id: string): Promise<void> {
    this.parked.push(id);
  }
  async release(ids: readonly string[]): Promise<void> {
    this.released.push(...ids);
  }
}

/** Remembers lines for assertions. */
export class CollectedLog extends AppLogger {
  readonly lines: { level: string; fields: LogFields; message: string }[] = [];
  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }
  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }
  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }
  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
  fatal(fields: LogFields, message: string): void {
    this.lines.push({ level: 'fatal', fields, message });
  }
  request(level: 'debug' | 'info' | 'warn', line: RequestLine, message: string): void {
    this.lines.push({ level, fields: { ...line }, message });
  }
  flush(): Promise<boolean> {
    this.lines.length = 0;
    return Promise.resolve(true);
  }
}

/** A claimed mail, to somebody who has no other. */
export function queued(id: string, more: Partial<ClaimedMail> = {}): ClaimedMail {
  return {
    id,
    template: 'verify_email',
    userId: `user of ${id}`,
    language: 'en',
    sealed: Buffer.alloc(0),
    attempts: 1,
    ageSeconds: 0,
    ...more,
  };
}
