export { SessionSettings } from './application/ports.js';
export type { SessionEvent } from './domain/events.js';
export { AccessTokenSettings } from './infrastructure/access-token.settings.js';
export { SESSION_PROBLEMS } from './infrastructure/http/problems.js';
export { TokenRateLimitSubjects } from './infrastructure/http/token-rate-limit-subjects.js';
export { SessionRow } from './infrastructure/persistence/session.row.js';
export { isSessionTemplate, SessionMailTemplates } from './infrastructure/session-mail-templates.js';
export { SessionModule } from './session.module.js';
