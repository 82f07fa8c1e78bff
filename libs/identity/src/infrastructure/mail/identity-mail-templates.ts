import { Injectable } from '@nestjs/common';

import {
  type Letter,
  type MailContent,
  type MailLanguage,
  MailTemplates,
  UnknownMailTemplate,
  writeLetter,
} from '#platform/mail';

import { UNDO_TOKEN_DAYS } from '../../application/email-changes.js';
import { RESET_TOKEN_MINUTES } from '../../application/password-recovery.js';
import { IdentitySettings } from '../../application/ports.js';
import { addressAlreadyRegistered } from './address-already-registered.js';
import { confirmEmailChange, emailChanged, emailChangeRequested } from './email-change.js';
import type { IdentityTemplate } from './identity-mail-data.js';
import type { MailWriter, Place, QueuedData } from './mail-writer.js';
import { resetPassword } from './reset-password.js';
import { passwordChanged, signedInAfterFailures } from './security-notices.js';
import { verifyEmail } from './verify-email.js';

/** Where links in mails lead. Comes from configuration alone: a request's Host header can be forged. */
export abstract class MailLinkSettings {
  /** `PUBLIC_BASE_URL`: `https://accounts.example.com`, perhaps with a path. */
  abstract readonly publicBaseUrl: string;
}

// Total: a new mail does not compile without its writer.
const WRITERS: { readonly [Template in IdentityTemplate]: MailWriter<Template> } = {
  verify_email: verifyEmail,
  address_already_registered: addressAlreadyRegistered,
  reset_password: resetPassword,
  confirm_email_change: confirmEmailChange,
  email_change_requested: emailChangeRequested,
  email_changed: emailChanged,
  password_changed: passwordChanged,
  signed_in_after_failures: signedInAfterFailures,
};

/** The mails of this context, in English and Korean. */
@Injectable()
export class IdentityMailTemplates extends MailTemplates {
  private readonly place: Place;

  constructor(links: MailLinkSettings, settings: IdentitySettings) {
    super();
    const base = links.publicBaseUrl.replace(/\/+$/, '');
    this.place = {
      host: new URL(base).host,
      verificationTokenHours: settings.verificationTokenHours,
      resetTokenMinutes: RESET_TOKEN_MINUTES,
      undoTokenDays: UNDO_TOKEN_DAYS,
      linkTo: (path, token) => `${base}${path}?token=${encodeURIComponent(token)}`,
    };
  }

  render(template: string, language: MailLanguage, data: QueuedData): MailContent {
    if (!isIdentityTemplate(template)) throw new UnknownMailTemplate('A queued mail names no template of identity.');
    return writeLetter(letterFor(template, language, data, this.place));
  }
}

function letterFor<T extends IdentityTemplate>(
  template: T,
  language: MailLanguage,
  data: QueuedData,
  place: Place,
): Letter {
  const writer: MailWriter<T> = WRITERS[template];
  return writer.write(language, writer.read(data), place);
}

function isIdentityTemplate(template: string): template is IdentityTemplate {
  return Object.hasOwn(WRITERS, template);
}
