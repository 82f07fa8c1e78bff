import { type Letter, MailDataMissing, type MailLanguage } from '#platform/mail';

import type { IdentityTemplate, IdentityMailData } from './identity-mail-data.js';

/** What came out of the queue. */
export type QueuedData = Readonly<Record<string, string>>;

/** Facts about this service that letters mention. */
export interface Place {
  /** The host people know the service by. */
  readonly host: string;
  readonly verificationTokenHours: number;
  readonly resetTokenMinutes: number;
  readonly undoTokenDays: number;
  /** An address below the public base URL that carries a token. */
  linkTo(path: string, token: string): string;
}

/** How one mail comes to be. */
export interface MailWriter<Template extends IdentityTemplate> {
  /** @throws MailDataMissing */
  readonly read: (data: QueuedData) => IdentityMailData[Template];
  readonly write: (language: MailLanguage, data: IdentityMailData[Template], place: Place) => Letter;
}

/** @throws MailDataMissing */
export function required(data: QueuedData, name: string): string {
  const value = data[name];
  if (value === undefined) throw new MailDataMissing(`A queued mail lacks "${name}".`);
  return value;
}
