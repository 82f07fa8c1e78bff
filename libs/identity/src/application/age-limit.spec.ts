import { describe, expect, it } from '@jest/globals';

import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { identitySettings } from '../../testing/fakes.js';
import { BirthDateRequired, UnderAge } from '../domain/errors.js';
import { AgeLimit } from './age-limit.js';

function check(minimumAge: number | undefined, birthDate: string | undefined, now?: string): () => void {
  return () => new AgeLimit(identitySettings({ minimumAge }), new SettableClock(now)).check(birthDate);
}

describe('ID-13 The age limit', () => {
  it('asks nobody when there is none', () => {
    expect(check(undefined, undefined)).not.toThrow();
    expect(check(undefined, '2026-02-28')).not.toThrow();
  });

  it('wants a date of birth when there is one', () => {
    expect(check(14, undefined)).toThrow(BirthDateRequired);
  });

  it('turns at midnight in Seoul', () => {
    expect(check(14, '2012-06-15', '2026-06-14T14:59:59.999Z')).toThrow(UnderAge);
    expect(check(14, '2012-06-15', '2026-06-14T15:00:00.000Z')).not.toThrow();
  });

  it('counts to the age that is set', () => {
    expect(check(16, '2010-03-02')).toThrow(UnderAge);
    expect(check(16, '2010-03-01')).not.toThrow();
  });

  it('refuses a date of birth in the future', () => {
    expect(check(14, '2030-01-01')).toThrow(UnderAge);
  });
});
