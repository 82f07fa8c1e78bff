import type { IdentityEvent } from '#identity';
import type { MfaEvent } from '#mfa';
import type { SessionEvent } from '#session';

import type { AuditRecord } from '../domain/audit-record.js';
import type { DeadLetterDiscarded, DeadLetterRetried, SystemEvent } from '../domain/events.js';

/** Every event that any context publishes. */
export type PublishedEvent = IdentityEvent | MfaEvent | SessionEvent | SystemEvent;

type DeadLetterEvent = DeadLetterRetried | DeadLetterDiscarded;
type EventOf<Type extends PublishedEvent['type']> = Extract<PublishedEvent, { type: Type }>;

/** Total on purpose: an event without an entry does not compile. `null` needs its reason in a comment. */
export type AuditMap = { readonly [Type in PublishedEvent['type']]: (event: EventOf<Type>) => AuditRecord | null };

export const AUDIT: AuditMap = {
  'identity.registered': ({ data: { renewed } }) => ({ outcome: 'success', details: { renewed } }),
  'identity.email_verified': () => ({ outcome: 'success' }),
  'identity.profile_updated': ({ data: { fields } }) => ({ outcome: 'success', details: { fields } }),
  'identity.consent_granted': ({ data: { purpose, version } }) => ({
    outcome: 'success',
    details: { purpose, version },
  }),
  'identity.consent_withdrawn': ({ data: { purpose, version } }) => ({
    outcome: 'success',
    details: { purpose, version },
  }),
  'identity.password_changed': () => ({ outcome: 'success' }),
  'identity.password_reset_requested': () => ({ outcome: 'success' }),
  'identity.password_reset': ({ data: { firstProof } }) => ({ outcome: 'success', details: { firstProof } }),
  'identity.email_change_requested': ({ data: { from, to } }) => ({
    outcome: 'success',
    changes: { email: [from, to] },
  }),
  'identity.email_changed': ({ data: { from, to, undoneSince } }) => ({
    outcome: 'success',
    changes: { email: [from, to] },
    details: { undone: undoneSince !== null },
  }),
  'identity.erased': ({ data: { reason } }) => ({ outcome: 'success', details: { reason } }),
  'identity.password_rehashed': () => ({ outcome: 'success' }),
  'identity.account_locked': () => ({ outcome: 'success' }),
  'identity.account_unlocked': () => ({ outcome: 'success' }),
  'identity.imported': ({ data: { roles, verified, secondFactor } }) => ({
    outcome: 'success',
    details: { roles, verified, secondFactor },
  }),
  'identity.roles_changed': ({ data: { added, removed } }) => ({ outcome: 'success', details: { added, removed } }),
  'access.api_key_created': ({ data: { keyId, scopes, expiresAt } }) => ({
    outcome: 'success',
    details: { keyId, scopes, expiresAt },
  }),
  'access.api_key_revoked': ({ data: { keyId } }) => ({ outcome: 'success', details: { keyId } }),
  'access.api_key_rejected': ({ data: { keyId, reason, count } }) => ({
    outcome: reason === 'insufficient_scope' ? 'denied' : 'failure',
    reason,
    details: { ...(keyId !== null && { keyId }), count },
  }),
  'access.token_introspection_denied': ({ data: { keyId, count } }) => ({
    outcome: 'denied',
    reason: 'insufficient_scope',
    details: { keyId, count },
  }),
  'access.forbidden': ({ data: { sessionId, reason, route } }) => ({
    outcome: 'denied',
    reason,
    details: { sessionId, route },
  }),
  'access.token_rejected': ({ data: { sessionId, reason, count } }) => ({
    outcome: 'denied',
    reason,
    details: { ...(sessionId !== null && { sessionId }), count },
  }),
  'mfa.totp_enrolled': () => ({ outcome: 'success' }),
  'mfa.totp_confirmed': () => ({ outcome: 'success' }),
  'mfa.totp_removed': () => ({ outcome: 'success' }),
  'mfa.passkey_added': ({ data: { passkeyId, synced } }) => ({ outcome: 'success', details: { passkeyId, synced } }),
  'mfa.passkey_removed': ({ data: { passkeyId } }) => ({ outcome: 'success', details: { passkeyId } }),
  'mfa.passkey_counter_regressed': ({ data: { passkeyId, stored, presented } }) => ({
    outcome: 'denied',
    reason: 'counter_regressed',
    details: { passkeyId, stored, presented },
  }),
  'mfa.device_trusted': ({ data: { deviceId } }) => ({ outcome: 'success', details: { deviceId } }),
  'mfa.device_trust_ended': ({ data: { devices, reason } }) => ({ outcome: 'success', details: { devices, reason } }),
  'mfa.challenge_succeeded': ({ data: { purpose, method } }) => ({ outcome: 'success', details: { purpose, method } }),
  'mfa.challenge_failed': ({ data: { purpose, method, reason, count = 1 } }) => ({
    outcome: reason === 'too_many_attempts' ? 'denied' : 'failure',
    reason,
    details: { purpose, ...(method !== null && { method }), count },
  }),
  'mfa.recovery_code_used': ({ data: { left } }) => ({ outcome: 'success', details: { left } }),
  'mfa.recovery_codes_regenerated': () => ({ outcome: 'success' }),
  'mfa.reset_requested': ({ data: { resetId } }) => ({ outcome: 'success', details: { resetId } }),
  'mfa.reset_approved': ({ data: { resetId, dueAt } }) => ({ outcome: 'success', details: { resetId, dueAt } }),
  'mfa.reset_stopped': ({ data: { resetId, by } }) => ({ outcome: 'success', details: { resetId, by } }),
  'mfa.reset_by_admin': ({ data: { resetId, requestedBy, approvedBy } }) => ({
    outcome: 'success',
    details: { resetId, requestedBy, approvedBy },
  }),
  'session.login_succeeded': ({ data: { sessionId, amr } }) => ({
    outcome: 'success',
    provenSessionId: sessionId,
    details: { sessionId, amr },
  }),
  'session.login_failed': ({ data: { reason } }) => ({ outcome: 'failure', reason }),
  'session.login_throttled': ({ data: { reason, count } }) => ({ outcome: 'denied', reason, details: { count } }),
  'session.refreshed': ({ data: { sessionId, generation, repeated } }) => ({
    outcome: 'success',
    provenSessionId: sessionId,
    details: { sessionId, generation, repeated },
  }),
  'session.refresh_rejected': ({ data: { sessionId, reason } }) => ({
    outcome: 'failure',
    reason,
    ...(sessionId !== null && { details: { sessionId } }),
  }),
  'session.refresh_reuse_detected': ({ data: { sessionId, generation } }) => ({
    outcome: 'denied',
    reason: 'refresh_reuse',
    details: { sessionId, generation },
  }),
  'session.logged_out': ({ data: { sessionId } }) => ({ outcome: 'success', details: { sessionId } }),
  'session.evicted': ({ data: { sessionId } }) => ({ outcome: 'success', details: { sessionId } }),
  'session.idle_expired': ({ data: { sessionId } }) => ({ outcome: 'success', details: { sessionId } }),
  'session.revoked': ({ data: { sessionId, reason } }) => ({ outcome: 'success', details: { sessionId, reason } }),
  'session.reauthenticated': ({ data: { sessionId } }) => ({ outcome: 'success', details: { sessionId } }),
  'session.reauthentication_failed': ({ data: { sessionId, reason } }) => ({
    outcome: 'failure',
    reason,
    details: { sessionId },
  }),
  'access.rate_limited': ({ data: { caller, route, count } }) => ({
    outcome: 'denied',
    reason: 'rate_limited',
    details: { caller, route, count },
  }),
  'access.admin.user_viewed': ({ data: { task } }) => ({ outcome: 'success', details: { task } }),
  'system.started': ({ data: { version } }) => ({ outcome: 'success', details: { version } }),
  'system.stopped': ({ data: { version } }) => ({ outcome: 'success', details: { version } }),
  'system.config_rejected': ({ data: { variables } }) => ({
    outcome: 'failure',
    reason: 'config_invalid',
    details: { variables },
  }),
  'system.retention_run': ({ data: { deleted } }) => ({ outcome: 'success', details: { deleted } }),
  'system.migration_applied': ({ data: { migrations } }) => ({ outcome: 'success', details: { migrations } }),
  'system.key_rotated': ({ data: { purpose, keyId, previousKeyId } }) => ({
    outcome: 'success',
    details: { purpose, keyId, previousKeyId },
  }),
  'system.dead_letter_retried': deadLetterOf,
  'system.dead_letter_discarded': deadLetterOf,
};

function deadLetterOf({ data: { deadLetterId, eventId, eventType, code } }: DeadLetterEvent): AuditRecord {
  return { outcome: 'success', details: { deadLetterId, eventId, eventType, code } };
}
