import { integerText } from './formats.js';
import { defaulted } from './variable.js';

/** How often a password may be tried. */
export const signInVariables = {
  SIGN_IN_FAILURES: defaulted('5', {
    schema: integerText(1, 100), // NIST SP 800-63B-4 §3.2.2
    type: 'integer 1..100',
    meaning:
      'Failed sign-ins of one address from one source, or on one known device, within SIGN_IN_WINDOW_MINUTES; further ones are answered 429 `login_throttled`.',
  }),
  SIGN_IN_WINDOW_MINUTES: defaulted('15', {
    schema: integerText(1, 1440),
    type: 'integer 1..1440',
    meaning: 'Minutes after which failed sign-ins are forgotten.',
  }),
  SIGN_IN_CEILING: defaulted('100', {
    schema: integerText(5, 100), // NIST SP 800-63B-4 §3.2.2
    type: 'integer 5..100',
    meaning:
      'Failed sign-ins in a row that lock an address for SIGN_IN_LOCK_MINUTES, wherever they come from. Known devices, live sessions and a new password get in all the same.',
  }),
  SIGN_IN_LOCK_MINUTES: defaulted('60', {
    schema: integerText(1, 10_080),
    type: 'integer 1..10080',
    meaning: 'Minutes that an address stays locked.',
  }),
  SIGN_IN_FAILURES_OF_SOURCE: defaulted('100', {
    schema: integerText(1, 1_000_000),
    type: 'integer 1..1000000',
    meaning:
      'Failed sign-ins of one source, at whatever address, within SIGN_IN_WINDOW_MINUTES. Known devices do not count.',
  }),
  SIGN_IN_FAILURES_PER_MINUTE: defaulted('600', {
    schema: integerText(1, 1_000_000),
    type: 'integer 1..1000000',
    meaning:
      'Failed sign-ins of all sources in a minute; while there are more, a source that fails once has to wait for SIGN_IN_WINDOW_MINUTES.',
  }),
  SIGN_IN_TIME_FLOOR_MS: defaulted('500', {
    schema: integerText(0, 5000),
    type: 'integer 0..5000',
    meaning:
      'Refused sign-ins are not answered before this many milliseconds. Longer than the slowest hash takes, or its time tells who came from the service before.',
  }),
  DEVICE_DAYS: defaulted('180', {
    schema: integerText(1, 730),
    type: 'integer 1..730',
    meaning: 'Days that a device is known by its X-Device-Token after the last sign-in on it.',
  }),
};
