import type { DomainEvent } from '#kernel';

/** Why a user who is who they say was refused all the same. */
export type ForbiddenReason = 'role_missing' | 'reauthentication_required' | 'mfa_enrolment_required';

/** `route`: the method and template of the route, as in `DELETE /api/v1/admin/api-keys/:id`; never what was sent. */
export type AccessForbidden = DomainEvent<
  'access.forbidden',
  { readonly sessionId: string; readonly reason: ForbiddenReason; readonly route: string }
>;

/**
 * A token that was good once, of a session that has ended: one for many, counted for a minute. `sessionId` is `null`, and
 * there is no user, where it is of sessions that are too many to be told apart.
 */
export type AccessTokenRejected = DomainEvent<
  'access.token_rejected',
  {
    readonly sessionId: string | null;
    readonly reason: 'session_revoked' | 'session_idle_timeout';
    readonly count: number;
  }
>;
