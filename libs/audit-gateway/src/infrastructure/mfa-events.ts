import type { MfaEvent } from '#mfa';

import { ACTORS, type Description } from './event-description.js';

const { sessionId } = ACTORS.user;
const passkeyId = '01938a6e-4c3b-7d2a-8f10-9e8d7c6b5a49';
const PASSKEY = 'The passkey, by its id.';
const resetId = '01938a6e-2b1c-7d3e-9f40-5a6b7c8d9e0f';
const RESET = 'The reset, by its id.';
const ADMINS = ['01938a6e-1111-7222-8333-444455556666', '01938a6e-7777-7888-8999-aaaabbbbcccc'] as const;
const PURPOSE = '`sign_in`, `step_up` within a session, or `enrolment`: the first code of a new app.';
const COUNT = 'How many. Refusals for too many attempts are told of at once and then once a minute.';
const METHOD = '`totp`, `recovery_code` or `passkey`';

/** What mfa publishes. */
export const MFA_EVENTS: { readonly [Type in MfaEvent['type']]: Description<Type> } = {
  'mfa.totp_enrolled': {
    meaning: 'A user was given the secret for an authenticator app. It counts once it is confirmed.',
    by: 'user',
    data: { sessionId },
  },
  'mfa.totp_confirmed': {
    meaning: 'A user confirmed an authenticator app: from now on it is asked for.',
    by: 'user',
    data: { sessionId, securityEpoch: 2 },
  },
  'mfa.totp_removed': { meaning: 'A user gave up the authenticator app.', by: 'user', data: { sessionId } },
  'mfa.passkey_added': {
    meaning: 'A user added a passkey.',
    by: 'user',
    data: { sessionId, securityEpoch: null, passkeyId, synced: true },
    details: { passkeyId: PASSKEY, synced: 'True when its key may be copied to other devices of its owner.' },
  },
  'mfa.passkey_removed': {
    meaning: 'A user gave up a passkey.',
    by: 'user',
    data: { passkeyId, sessionId },
    details: { passkeyId: PASSKEY },
  },
  'mfa.passkey_counter_regressed': {
    meaning:
      'A passkey signed with a counter that had not risen, so it was refused: somebody may have copied it. The owner is told.',
    by: 'anonymous',
    data: { passkeyId, stored: 12, presented: 9 },
    details: {
      passkeyId: PASSKEY,
      stored: 'How often it had signed before, by its own counter.',
      presented: 'What it says now.',
    },
  },
  'mfa.device_trusted': {
    meaning: 'A user proved a second factor, and wishes not to be asked for it on this device for a while.',
    by: 'user',
    data: { deviceId: '01938a6e-3b2a-7c19-8e0f-1a2b3c4d5e6f' },
    details: { deviceId: 'The device, by its id in the list of trusted ones.' },
  },
  'mfa.device_trust_ended': {
    meaning: 'Devices are asked for a second factor again.',
    by: 'user',
    data: { devices: 1, reason: 'owner' },
    details: { devices: 'How many.', reason: '`owner`, or `factors_changed`.' },
    reasons: {
      owner: 'Its owner wished it.',
      factors_changed:
        'A factor was added or removed, or a recovery code stood in for one: no device is trusted after that.',
    },
  },
  'mfa.challenge_succeeded': {
    meaning: 'Somebody proved a second factor.',
    by: 'anonymous',
    data: { purpose: 'sign_in', method: 'totp' },
    details: { purpose: PURPOSE, method: `${METHOD}.` },
  },
  'mfa.challenge_failed': {
    meaning:
      'Somebody who knows the password could not prove a second factor. The caller learns less than this says. What is ' +
      'not looked at is told of at once, then by its number once a minute; beyond five hundred users at a time those of ' +
      'the others are told together, without a subject.',
    by: 'anonymous',
    data: { purpose: 'sign_in', method: 'totp', reason: 'wrong_code' },
    details: { purpose: PURPOSE, method: `${METHOD}; absent where none was named.`, count: COUNT },
    reasons: {
      wrong_code: 'It is no code of the user, or no answer of the passkey.',
      used_code: 'It would have been right, and was accepted before.',
      no_such_factor: 'The user has no factor of this kind.',
      too_many_attempts: 'There were five wrong ones within 15 minutes, so nothing was looked at.',
      no_proof: 'The password came without a second factor.',
    },
  },
  'mfa.recovery_code_used': {
    meaning: 'A recovery code took the place of the second factor.',
    by: 'anonymous',
    data: { left: 9 },
    details: { left: 'How many are left.' },
  },
  'mfa.recovery_codes_regenerated': {
    meaning: 'A user was given new recovery codes; the ones from before are void.',
    by: 'user',
    data: { sessionId },
  },
  'mfa.reset_requested': {
    meaning: "An administrator asked for the reset of a user's second factors. The user was told.",
    by: 'user',
    data: { resetId, session: { userId: ADMINS[0], sessionId } },
    details: { resetId: RESET },
  },
  'mfa.reset_approved': {
    meaning: 'Another administrator agreed to it. The user was told.',
    by: 'user',
    data: { resetId, dueAt: '2026-01-02T00:00:00.000Z', session: { userId: ADMINS[1], sessionId } },
    details: { resetId: RESET, dueAt: 'When it happens.' },
  },
  'mfa.reset_stopped': {
    meaning: 'It was stopped before it happened.',
    by: 'user',
    data: { resetId, by: 'owner', session: null },
    details: {
      resetId: RESET,
      by: '`owner`, `admin`, or `system`: nobody agreed in time, or who had agreed is no administrator any more.',
    },
  },
  'mfa.reset_by_admin': {
    meaning: 'Its time had come: all second factors of the user are gone, and every session ended.',
    by: 'operator',
    data: { resetId, requestedBy: ADMINS[0], approvedBy: ADMINS[1] },
    details: { resetId: RESET, requestedBy: 'Who asked.', approvedBy: 'Who agreed.' },
  },
};
