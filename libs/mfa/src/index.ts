export { FactorResetSettings } from './application/factor-resets.js';
export { MfaApi } from './application/mfa-api.js';
export { MfaSettings } from './application/ports.js';
export type { MfaEvent, ResetByAdmin, TotpConfirmed } from './domain/events.js';
export { MFA_PROBLEMS } from './infrastructure/http/problems.js';
export { isMfaTemplate, MfaMailTemplates } from './infrastructure/mfa-mail-templates.js';
export { MfaModule } from './mfa.module.js';
