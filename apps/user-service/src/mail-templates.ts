import { Injectable } from '@nestjs/common';

import { IdentityMailTemplates } from '#identity';
import { isMfaTemplate, MfaMailTemplates } from '#mfa';
import { MailTemplates, type MailContent, type MailLanguage } from '#platform/mail';
import { isSessionTemplate, SessionMailTemplates } from '#session';

/** Every context writes its own mails; this finds the one whose mail it is. */
@Injectable()
export class AllMailTemplates extends MailTemplates {
  constructor(
    private readonly identity: IdentityMailTemplates,
    private readonly mfa: MfaMailTemplates,
    private readonly session: SessionMailTemplates,
  ) {
    super();
  }

  render(template: string, language: MailLanguage, data: Readonly<Record<string, string>>): MailContent {
    return this.ownerOf(template).render(template, language, data);
  }

  private ownerOf(template: string): MailTemplates {
    if (isSessionTemplate(template)) return this.session;
    return isMfaTemplate(template) ? this.mfa : this.identity;
  }
}
