import type { MailContent, MailLanguage } from './mail.js';

/** Writes mails. Each context that sends some implements it for its own templates. */
export abstract class MailTemplates {
  /**
   * @throws UnknownMailTemplate when there is no such template
   * @throws MailDataMissing when `data` lacks a member that the template needs
   */
  abstract render(template: string, language: MailLanguage, data: Readonly<Record<string, string>>): MailContent;
}
