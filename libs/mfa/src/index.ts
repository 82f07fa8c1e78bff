export type { MfaEvent } from './domain/events.js';
export { MfaModule } from './mfa.module.js';
