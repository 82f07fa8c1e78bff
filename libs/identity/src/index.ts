export { IdentityApi, type Account, type PasswordVerdict } from './application/identity-api.js';
export { IdentitySettings } from './application/ports.js';
export type { IdentityEvent } from './domain/events.js';
export { IdentityModule } from './identity.module.js';
export { IDENTITY_PROBLEMS } from './infrastructure/http/problems.js';
export { IdentityMailTemplates, MailLinkSettings } from './infrastructure/mail/identity-mail-templates.js';
export { PasswordHashSettings } from './infrastructure/password-hasher.argon2.js';
export { UserRow } from './infrastructure/persistence/user.row.js';
export { StoredRecipients } from './infrastructure/recipients.stored.js';
