export { writeLetter, type Letter, type LetterBlock } from './letter.js';
export { MailDispatcher } from './mail-dispatcher.js';
export {
  MailDataMissing,
  MailHeaderUnsafe,
  MailRefused,
  UndeliverableMail,
  UnknownMailTemplate,
} from './mail-errors.js';
export { MailQueue } from './mail-queue.js';
export { MailFileSettings, MailSettings, SmtpSettings } from './mail-settings.js';
export { MailTemplates } from './mail-templates.js';
export { FileMailTransport } from './mail-transport.file.js';
export { MailTransport } from './mail-transport.js';
export { SmtpMailTransport } from './mail-transport.smtp.js';
export { MailDeliveryModule, MailQueueModule, type MailDeliveryBindings } from './mail.module.js';
export type { Mail, MailContent, MailLanguage, MailRequest } from './mail.js';
export { Recipients } from './recipients.js';
