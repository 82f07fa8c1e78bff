import type { DomainEvent } from '#kernel';

import type { PublishedEvent } from './audit-map.js';
import { CloudEventEncoder } from './cloud-event.encoder.js';
import { ACTORS, USER, type Description } from './event-description.js';
import { MFA_EVENTS } from './mfa-events.js';
import { SYSTEM_EVENTS } from './system-events.js';
import { THROTTLE_EVENTS } from './throttle-events.js';

const { sessionId } = ACTORS.user;
const SESSION = 'The session it happened in.';
const GENERATION = 'How often the refresh token of the session had been renewed.';

const keyId = '01938a6e-6d10-7e4f-a1b2-c3d4e5f60718';
const KEY = 'The key, by its id.';

/** Total on purpose, like `AUDIT`: an event that nobody explains does not compile. */
const EVENT_CATALOGUE: { readonly [Type in PublishedEvent['type']]: Description<Type> } = {
  'identity.registered': {
    meaning:
      'Somebody signed up, or once more with an address that nobody had confirmed; or an operator made an administrator.',
    by: 'anonymous',
    data: { renewed: false },
    details: { renewed: 'True when the address was waiting for its confirmation already.' },
  },
  'identity.email_verified': {
    meaning: 'The owner of the address sent the mailed token, or an operator vouched for it.',
    by: 'anonymous',
    data: {},
  },
  'identity.profile_updated': {
    meaning: 'A user changed the profile.',
    by: 'user',
    data: { fields: ['displayName', 'phone'] },
    details: { fields: 'Names of the members that changed; never their values.' },
  },
  'identity.consent_granted': {
    meaning: 'A user agreed to a purpose; at sign-up, told once the address is confirmed.',
    by: 'anonymous',
    data: { purpose: 'marketing_email', version: '2026-01' },
    details: { purpose: 'What for.', version: 'The wording that was agreed to.' },
  },
  'identity.consent_withdrawn': {
    meaning: 'A user took back an agreement, or refused it at sign-up; that is told once the address is confirmed.',
    by: 'anonymous',
    data: { purpose: 'marketing_email', version: '2026-01' },
    details: { purpose: 'What for.', version: 'The wording that was refused.' },
  },
  'identity.password_changed': {
    meaning: 'A user changed the password, knowing the one before.',
    by: 'user',
    data: { sessionId, securityEpoch: 2 },
  },
  'identity.password_reset_requested': {
    meaning: 'Somebody asked for a link that sets a new password, and it was mailed to the address of the account.',
    by: 'anonymous',
    data: {},
  },
  'identity.password_reset': {
    meaning: 'The owner of the address set a new password by a mailed link; all sessions ended, second factors stayed.',
    by: 'anonymous',
    data: { securityEpoch: 2, firstProof: false },
    details: { firstProof: 'True when nobody had confirmed the address before.' },
  },
  'identity.email_change_requested': {
    meaning: 'A user asked for another address; `changes` has both, masked. Nothing changed yet.',
    by: 'user',
    data: { from: 'k***@example.com', to: 'm***@example.com' },
  },
  'identity.email_changed': {
    meaning: 'A user confirmed another address, or took a change back; `changes` has both, masked.',
    by: 'anonymous',
    data: { from: 'k***@example.com', to: 'm***@example.com', undoneSince: null },
    details: {
      undone: 'True when the owner of the address before took it back: all sessions ended, and no password works.',
    },
  },
  'identity.erased': {
    meaning: 'An account is gone, with all personal data of it.',
    by: 'anonymous',
    data: { reason: 'address_proven_by_other' },
    details: { reason: 'Why; see below.' },
    reasons: {
      address_proven_by_other: 'Nobody had ever confirmed its address, and somebody else did.',
    },
  },
  'identity.imported': {
    meaning: 'A user of the service before this one was moved here.',
    by: 'operator',
    data: { roles: ['user'], verified: true, secondFactor: false },
    details: {
      roles: 'What the user has from the start.',
      verified: 'Whether the address had been confirmed there.',
      secondFactor: 'Whether an authenticator app came with it.',
    },
  },
  'identity.roles_changed': {
    meaning: 'An operator changed the roles of a user.',
    by: 'operator',
    data: { added: ['admin'], removed: [] },
    details: { added: 'Roles that the user has now and had not before.', removed: 'Roles that the user had before.' },
  },
  'access.api_key_created': {
    meaning: 'Another service was given a key.',
    by: 'operator',
    data: { keyId, scopes: ['tokens:introspect'], expiresAt: '2026-04-01T00:00:00.000Z' },
    details: { keyId: KEY, scopes: 'What it is good for.', expiresAt: 'When it ends by itself.' },
  },
  'access.api_key_revoked': {
    meaning: 'A key was ended before its time.',
    by: 'operator',
    data: { keyId },
    details: { keyId: KEY },
  },
  'access.api_key_rejected': {
    meaning:
      'Calls with an API key were refused: the first at once, then their number once a minute, for each key, reason ' +
      'and client network. From more than a hundred of those at a time they are told together for each key and reason.',
    by: 'anonymous',
    data: { keyId, reason: 'wrong_secret', count: 1 },
    details: { keyId: 'The key, by its id; absent where nobody has it.', count: 'How many calls.' },
    reasons: {
      unknown: 'It is no key, or one that nobody has.',
      wrong_secret: 'There is such a key; its secret half was another.',
      expired: 'Its time was over.',
      revoked: 'It had been revoked.',
      insufficient_scope: 'It is live, and not meant for the call; the actor is its service.',
    },
  },
  'access.token_introspection_denied': {
    meaning:
      'A service asked whether a token is good, with a key that is not meant for it: the first call at once, then their ' +
      'number once a minute.',
    by: 'service',
    data: { keyId, count: 1 },
    details: { keyId: KEY, count: 'How many calls.' },
  },
  'access.forbidden': {
    meaning: 'A signed-in user was refused.',
    by: 'user',
    data: { sessionId, reason: 'role_missing', route: 'GET /api/v1/admin/users/:id' },
    details: { sessionId: SESSION, route: 'What was called: a template, without what was sent.' },
    reasons: {
      role_missing: 'The call is for a role that the user has not.',
      mfa_enrolment_required: 'A role of the user counts only with a second factor, and there is none.',
      reauthentication_required: 'The call wants a proof of who the user is from the last minutes.',
    },
  },
  ...MFA_EVENTS,
  ...THROTTLE_EVENTS,
  'session.login_succeeded': {
    meaning: 'Somebody signed in; a session began.',
    by: 'anonymous',
    data: { sessionId, amr: ['pwd'] },
    details: { sessionId: SESSION, amr: 'How the user proved who they are (RFC 8176).' },
  },
  'session.login_failed': {
    meaning: 'A sign-in was refused. The caller learns less than this says.',
    by: 'anonymous',
    data: { reason: 'wrong_password' },
    reasons: {
      unknown_address: 'No account has this address; the event has no subject.',
      wrong_password: 'The password is not that of the account.',
      account_disabled: 'The password or the passkey was right, the account is disabled.',
      email_unverified: 'The password was right, the address is not confirmed yet.',
      account_changed: 'The account changed while its password or passkey was being checked.',
      passkey_unknown: 'No account has this passkey; the event has no subject.',
      passkey_wrong: 'The signature does not hold: another key, another origin, or nobody was verified.',
      passkey_challenge_invalid:
        'The signature holds for a challenge that was used, has expired, or was for something else.',
      passkey_counter_regressed: 'The counter of the passkey had not risen; `mfa.passkey_counter_regressed` says more.',
    },
  },
  'session.refreshed': {
    meaning: 'The tokens of a session were renewed.',
    by: 'anonymous',
    data: { sessionId, generation: 3, repeated: false },
    details: {
      sessionId: SESSION,
      generation: GENERATION,
      repeated: 'True when a lost answer was given once more, and nothing was renewed.',
    },
  },
  'session.refresh_rejected': {
    meaning: 'A refresh token was refused.',
    by: 'anonymous',
    data: { sessionId, reason: 'expired' },
    details: { sessionId: 'The session the token belongs to, if it is known.' },
    reasons: {
      unknown: 'It was never issued, or is long gone; the event has neither subject nor session.',
      expired: 'It is too old.',
      session_ended: 'Its session had ended.',
      idle: 'Nobody had used its session for too long.',
      account_changed: 'The account was disabled or changed in a way that ends sessions.',
    },
  },
  'session.refresh_reuse_detected': {
    meaning: 'A spent refresh token came back: it may be stolen, so its session was ended (RFC 9700 §4.14.2).',
    by: 'anonymous',
    data: { sessionId, generation: 2 },
    details: { sessionId: SESSION, generation: GENERATION },
  },
  'session.logged_out': {
    meaning: 'A user signed out.',
    by: 'user',
    data: { sessionId },
    details: { sessionId: SESSION },
  },
  'session.evicted': {
    meaning: 'A session ended for a newer one: the user has as many as one may have.',
    by: 'anonymous',
    data: { sessionId },
    details: { sessionId: 'The session that ended.' },
  },
  'session.idle_expired': {
    meaning: 'A session ended because nobody had used it for too long.',
    by: 'anonymous',
    data: { sessionId },
    details: { sessionId: 'The session that ended.' },
  },
  'session.reauthenticated': {
    meaning: 'A user proved again, within a session, who they are.',
    by: 'user',
    data: { sessionId },
    details: { sessionId: SESSION },
  },
  'session.reauthentication_failed': {
    meaning:
      'Somebody with a session could not prove again to be its user: on request, or in order to change the password.',
    by: 'user',
    data: { sessionId, reason: 'wrong_password' },
    details: { sessionId: SESSION },
    reasons: {
      wrong_password: 'The password is not that of the account.',
      wrong_second_factor: 'The password was right, a second factor was due, and none or a wrong one came.',
      account_changed: 'The account was disabled or changed meanwhile.',
      throttled: 'Too many had failed before, so this one was not looked at.',
    },
  },
  'session.revoked': {
    meaning: 'A session ended before its time.',
    by: 'user',
    data: { sessionId, reason: 'owner' },
    details: { sessionId: 'The session that ended.', reason: 'Why; see below.' },
    reasons: {
      owner: 'Its user ended it from another session.',
      operator: 'An operator ended it.',
      password_changed: 'The password was changed in another session.',
      password_reset: 'The password was set anew by a mailed link.',
      mfa_reset: 'Administrators reset the second factors of its user.',
      mfa_enabled: 'Its user added a first second factor in another session.',
      token_revoked: 'A service revoked one of its tokens (RFC 7009).',
      refresh_reuse: 'A spent refresh token of it came back.',
      account_changed: 'Its account was disabled or changed in a way that ends sessions.',
    },
  },
  ...SYSTEM_EVENTS,
};

/** What the documentation says about one type of event. */
export interface DescribedEvent {
  readonly type: string;
  readonly meaning: string;
  readonly details: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<string, string>>;
  /** What the Audit Service receives; `null` for an event that is kept from it. */
  readonly envelope: unknown;
}

/** Every event with an example made by the encoder that makes the real ones. */
export function describeEvents(publicBaseUrl: string): readonly DescribedEvent[] {
  const encoder = new CloudEventEncoder({ publicBaseUrl });
  return Object.entries<Description<PublishedEvent['type']>>(EVENT_CATALOGUE).map(([type, description]) => {
    const { meaning, details = {}, reasons = {} } = description;
    return { type, meaning, details, reasons, envelope: envelopeOf(encoder, type, description) };
  });
}

function envelopeOf(
  encoder: CloudEventEncoder,
  type: string,
  { by, data }: Description<PublishedEvent['type']>,
): unknown {
  // Keys and processes belong to no user.
  const userId = /^(access\.(api_key|token_)|system\.)/.test(type) ? null : USER;
  const event: DomainEvent = { type, userId, occurredAt: new Date('2026-01-01T00:00:00Z'), data };
  // An operator's command is no request.
  const request =
    by === 'operator'
      ? undefined
      : {
          requestId: '01938a6e-9c1f-7d2b-8a40-5e6f7a8b9c0d',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          ip: '203.0.113.7',
          userAgent: 'Mozilla/5.0',
          language: 'ko' as const,
        };
  return encoder.encode('01938a6e-aaaa-7bbb-8ccc-0123456789ab', event, { actor: ACTORS[by], request })?.payload ?? null;
}
