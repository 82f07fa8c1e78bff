import type { Description } from './event-description.js';

type ThrottleEventType =
  'identity.password_rehashed' | 'identity.account_locked' | 'identity.account_unlocked' | 'session.login_throttled';

/** What is told of passwords that are tried too often, and of those that are stored anew. */
export const THROTTLE_EVENTS: { readonly [Type in ThrottleEventType]: Description<Type> } = {
  'identity.password_rehashed': {
    meaning: 'A user signed in whose password was stored in an older way, and it is stored in the present one now.',
    by: 'anonymous',
    data: {},
  },
  'identity.account_locked': {
    meaning:
      'Too many sign-ins failed in a row: for a while only known devices and sessions get in, or a new password does.',
    by: 'anonymous',
    data: {},
  },
  'identity.account_unlocked': {
    meaning:
      'An account that was locked is open again: told when somebody tries to sign in. Also told when an operator has made ' +
      'what had failed before count no longer, at the address and on devices.',
    by: 'anonymous',
    data: {},
  },
  'session.login_throttled': {
    meaning:
      'Sign-ins were not looked at, because too many had failed before: the first at an account from a network at once, ' +
      'then their number every ten seconds. Beyond five hundred of those at a time they are told together, without a ' +
      'subject.',
    by: 'anonymous',
    data: { reason: 'guesses', count: 1 },
    details: { count: 'How many.' },
    reasons: {
      guesses: 'Too many failures at this address from this source, or on this device.',
      account: 'Too many failures in a row at this address, wherever from.',
      source: 'Too many failures from this source, at whatever address.',
    },
  },
};
