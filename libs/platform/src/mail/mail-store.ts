import type { MailLanguage, MailRequest } from './mail.js';

/** A mail as it waits in the outbox: nothing of it tells who it is for or what it says. */
export interface QueuedMail {
  readonly id: string;
  readonly template: string;
  readonly userId: string;
  readonly language: MailLanguage;
  /** The template's data as JSON, encrypted with the user's data key and bound to this row. */
  readonly sealed: Buffer;
}

/** A mail that this instance has to itself until its lease runs out. */
export interface ClaimedMail extends QueuedMail {
  /** How often it was claimed, this time included. */
  readonly attempts: number;
  readonly ageSeconds: number;
}

/** The waiting mails. Every method but `add` is a short transaction of its own. */
export abstract class MailStore {
  /** Adds a mail inside of the running unit of work. */
  abstract add(mail: QueuedMail): Promise<void>;

  /**
   * Takes up to `limit` mails that are due and that nobody else holds, for `leaseSeconds`. They come in the order in
   * which they were queued.
   */
  abstract claim(limit: number, leaseSeconds: number): Promise<ClaimedMail[]>;

  /** Removes mails that are done with. */
  abstract remove(ids: readonly string[]): Promise<void>;

  /** Makes a mail due again after `seconds`. */
  abstract postpone(id: string, seconds: number): Promise<void>;

  /** Sets a mail aside for an operator: it never becomes due by itself. */
  abstract park(id: string): Promise<void>;

  /** Gives mails back that were claimed and not tried. */
  abstract release(ids: readonly string[]): Promise<void>;
}

/** Binds sealed data to its row (see `DataKey.seal`). */
export function sealedDataAad(id: string): string {
  return `outbox/payload/${id}`;
}

// No template has a member of this name: theirs are words.
const ADDRESS = '@';

/** The data of a mail with where it goes, to be sealed together. */
export function withAddress(data: MailRequest['data'], address: string | undefined): MailRequest['data'] {
  return address === undefined ? data : { ...data, [ADDRESS]: address };
}

/** The same apart again; `undefined` where the mail goes to the stored address. */
export function addressIn(data: MailRequest['data']): string | undefined {
  return data[ADDRESS];
}
