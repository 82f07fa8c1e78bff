import { MailDataMissing, type MailLanguage } from '#platform/mail';

import type { MfaNotice } from '../application/ports.js';

export type Data = Readonly<Record<string, string>>;

interface Wording {
  readonly subject: string;
  /** Of the link that stops a reset, where there is something to stop. */
  readonly stop?: { readonly label: string; readonly button: string };
  readonly paragraphs: (data: Data) => readonly string[];
}

export type Wordings<Notice extends MfaNotice> = Readonly<Record<Notice, Readonly<Record<MailLanguage, Wording>>>>;
export type ResetNotice = Extract<MfaNotice, `mfa_reset_${string}`>;

/** What a mail tells of; never without it. */
export function member(data: Data, name: string): string {
  const value = data[name];
  if (value === undefined) throw new MailDataMissing('A queued mail lacks what it tells about.');
  return value;
}

/** `2026-03-01 09:00` of an instant in RFC 3339. */
export function timeIn(data: Data, name = 'at'): string {
  return member(data, name).slice(0, 16).replace('T', ' ');
}
