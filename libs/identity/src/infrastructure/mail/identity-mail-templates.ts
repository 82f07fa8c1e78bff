import { Injectable } from '@nestjs/common';

import {
  type Letter,
  type MailContent,
  type MailLanguage,
  MailTemplates,
  UnknownMailTemplate,
  writeLetter,
} from '#platform/mail';

import { addressAlreadyRegistered } from './address-already-registered.js';
import type { IdentityMail } from './identity-mail-data.js';
import type { MailWriter, Place, QueuedData } from './mail-writer.js';
import { verifyEmail } from './verify-email.js';

/** Where links in mails lead. Comes from configuration alone: a request's Host header can be forged. */
export abstract class MailLinkSettings {
  /** `PUBLIC_BASE_URL`: `https://accounts.example.com`, perhaps with a path. */
  abstract readonly publicBaseUrl: string;
}

// Total: a new mail does not compile without its writer.
const WRITERS: { readonly [Template in IdentityMail]: MailWriter<Template> } = {
  verify_email: verifyEmail,
  address_already_registered: addressAlreadyRegistered,
};

/** The mails of this context, in English and Korean. */
@Injectable()
export class IdentityMailTemplates extends MailTemplates {
  private readonly place: Place;

  constructor(settings: MailLinkSettings) {
    super();
    const base = settings.publicBaseUrl.replace(/\/+$/, '');
    this.place = {
      host: new URL(base).host,
      linkTo: (path, token) => `${base}${path}?token=${encodeURIComponent(token)}`,
    };
  }

  render(template: string, language: MailLanguage, data: QueuedData): MailContent {
    if (!isIdentityMail(template)) throw new UnknownMailTemplate('A queued mail names no template of identity.');
    return writeLetter(letterFor(template, language, data, this.place));
  }
}

function letterFor<T extends IdentityMail>(
  template: T,
  language: MailLanguage,
  data: QueuedData,
  place: Place,
): Letter {
  const writer: MailWriter<T> = WRITERS[template];
  return writer.write(language, writer.read(data), place);
}

function isIdentityMail(template: string): template is IdentityMail {
  return Object.hasOwn(WRITERS, template);
}
