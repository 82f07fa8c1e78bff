export { writeLetter, type Letter, type LetterBlock } from './letter.js';
export type { Mail, MailContent, MailLanguage, MailRequest } from './mail.js';
export {
  MailDataMissing,
  MailHeaderUnsafe,
  MailRefused,
  UndeliverableMail,
  UnknownMailTemplate,
} from './mail-errors.js';
export { MailFileSettings, MailSettings, SmtpSettings } from './mail-settings.js';
export { MailTemplates } from './mail-templates.js';
export { FileMailTransport } from './mail-transport.file.js';
export { SmtpMailTransport } from './mail-transport.smtp.js';
export { MailTransport } from './mail-transport.js';
export { Recipients } from './recipients.js';
