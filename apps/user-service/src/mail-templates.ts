import { Injectable } from '@nestjs/common';

import { IdentityMailTemplates } from '#identity';
import { MailTemplates, type MailContent, type MailLanguage } from '#platform/mail';
import { isSessionTemplate, SessionMailTemplates } from '#session';

/** Every context writes its own mails; this finds the one whose mail it is. */
@Injectable()
export class AllMailTemplates extends MailTemplates {
  constructor(
    private readonly identity: IdentityMailTemplates,
    private readonly session: SessionMailTemplates,
  ) {
    super();
  }

  render(template: string, language: MailLanguage, data: Readonly<Record<string, string>>): MailContent {
    const templates = isSessionTemplate(template) ? this.session : this.identity;
    return templates.render(template, language, data);
  }
}
