import type { SystemEvent } from '../domain/events.js';
import { ACTORS, type Description } from './event-description.js';

const VERSION = 'Of the service.';
const DEAD_LETTER = {
  deadLetterId: '01938a6e-7a30-7f60-b3c4-d5e6f7081920',
  eventId: '01938a6e-7a20-7e50-a2b3-c4d5e6f70819',
  eventType: 'session.logged_out',
  code: 'unknown_type',
};
const DEAD_LETTER_DETAILS = {
  deadLetterId: 'By the id that operators use.',
  eventId: 'Id of the event.',
  eventType: 'Its type.',
  code: 'Why it had been refused, in the words of the Audit Service.',
};

/** The events of the service itself, and of calls that it refused without looking at them. */
export const SYSTEM_EVENTS: { readonly [Type in SystemEvent['type'] | 'access.token_rejected']: Description<Type> } = {
  'access.token_rejected': {
    meaning:
      'A token was refused that had been good once: its session has ended. The first of a session at once, then their ' +
      'number once a minute. Beyond a thousand sessions at a time those of the others are told together, without a subject.',
    by: 'anonymous',
    data: { sessionId: ACTORS.user.sessionId, reason: 'session_revoked', count: 1 },
    details: { sessionId: 'The session that had ended; absent where it is many.', count: 'How many calls.' },
    reasons: {
      session_revoked: 'It was signed out, ended by somebody, or is too old.',
      session_idle_timeout: 'Nobody had used it for too long.',
    },
  },
  'access.rate_limited': {
    meaning:
      'Calls over the rate limit were refused: the first of a caller at once, then their number once a minute. The ' +
      'subject is the user whose limit it is. Beyond five hundred callers at a time those of the others are told ' +
      'together by what they are, without a subject.',
    by: 'anonymous',
    data: { caller: 'user', route: 'GET /api/v1/users/me', count: 1 },
    details: {
      caller: 'Whose limit it is: `user`, `api_key` or `address`.',
      route: 'What was called first: a template.',
      count: 'How many calls.',
    },
  },
  'access.admin.user_viewed': {
    meaning: 'An administrator, who is the actor, was shown something of the user who is the subject.',
    by: 'user',
    data: { task: 'GET /api/v1/admin/users/:id/reset-mfa' },
    details: { task: 'What for: the call, as a template.' },
  },
  'system.started': {
    meaning: 'A process of the service takes requests.',
    by: 'operator',
    data: { version: '1.0.0' },
    details: { version: VERSION },
  },
  'system.stopped': {
    meaning: 'A process of the service ends as it was asked to. One that was killed leaves no event.',
    by: 'operator',
    data: { version: '1.0.0' },
    details: { version: VERSION },
  },
  'system.config_rejected': {
    meaning:
      'A process did not start, because the configuration is wrong; told by the next one that starts with the same ' +
      '`AUDIT_SPOOL_DIR`. The reason is `config_invalid`.',
    by: 'operator',
    data: { variables: ['JWT_SECRET'] },
    details: { variables: 'Names of the variables that are wrong or missing, twenty at most; never their values.' },
  },
  'system.retention_run': {
    meaning: 'Rows were deleted because their time was over: 1000 at most at once.',
    by: 'operator',
    data: { deleted: { one_time_tokens: 12 } },
    details: { deleted: 'How many, by the table that they were in.' },
  },
  'system.migration_applied': {
    meaning: 'The schema of the database has changed; told by the first process that starts on it.',
    by: 'operator',
    data: { migrations: ['Users1763800000001'] },
    details: { migrations: 'Names, in the order of their application.' },
  },
  'system.key_rotated': {
    meaning: 'Another key than before is in use; told by the first process that starts with it.',
    by: 'operator',
    data: { purpose: 'token_signing', keyId: '2026-04', previousKeyId: '2026-01' },
    details: {
      purpose: '`data_encryption` or `token_signing`.',
      keyId: 'The key that is used now, by its id.',
      previousKeyId: 'The one before it.',
    },
  },
  'system.dead_letter_retried': {
    meaning: 'An operator has an event sent again that the Audit Service had refused.',
    by: 'operator',
    data: DEAD_LETTER,
    details: DEAD_LETTER_DETAILS,
  },
  'system.dead_letter_discarded': {
    meaning: 'An operator gave an event up that the Audit Service had refused.',
    by: 'operator',
    data: DEAD_LETTER,
    details: DEAD_LETTER_DETAILS,
  },
};
