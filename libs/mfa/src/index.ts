export { FactorResetSettings } from './application/factor-resets.js';
export { MfaApi } from './application/mfa-api.js';
export { PasskeyApi, type PasskeyProof } from './application/passkey-api.js';
export { DeviceTrust, DeviceTrustSettings } from './application/trusted-devices.js';
export { MfaSettings } from './application/ports.js';
export type { MfaEvent, PasskeyAdded, ResetByAdmin, TotpConfirmed } from './domain/events.js';
export {
  IsPasskeyAssertion,
  MayBePasskeyAssertion,
  type PasskeyCredentialDto,
  PasskeyOptionsDto,
} from './infrastructure/http/passkey-credential.dto.js';
export { MFA_PROBLEMS } from './infrastructure/http/problems.js';
export { isMfaTemplate, MfaMailTemplates } from './infrastructure/mfa-mail-templates.js';
export { WebAuthnSettings } from './infrastructure/web-authn.settings.js';
export { PostgresImportedFactors } from './infrastructure/persistence/imported-factors.postgres.js';
export { MfaModule } from './mfa.module.js';
