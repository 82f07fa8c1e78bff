import { describe, expect, it } from '@jest/globals';

import { assuranceOf, effectiveRoles, withSecondFactor } from './assurance.js';

describe('What a session may say of itself', () => {
  it('is one factor for the password, and two for a second one beside it', () => {
    expect(assuranceOf(['pwd'])).toEqual({ amr: ['pwd'], acr: '1' });
    expect(withSecondFactor(['otp'])).toEqual({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    expect(withSecondFactor(['hwk', 'user'])).toEqual({ amr: ['pwd', 'hwk', 'user', 'mfa'], acr: '2' });
    expect(assuranceOf(['hwk', 'user', 'mfa']).acr).toBe('2');
  });

  it('names nothing twice', () => {
    expect(assuranceOf(['pwd', 'pwd', 'otp', 'mfa', 'mfa']).amr).toEqual(['pwd', 'otp', 'mfa']);
  });
});

describe('MF-11 Roles that demand a second factor', () => {
  const both = ['user', 'admin'];

  it.each([
    [both, ['admin'], false, ['user']],
    [both, ['admin'], true, both],
    [both, [], false, both],
    [['user'], ['admin'], false, ['user']],
    [both, ['user', 'admin'], false, []],
  ])('of %j, where %j do, count so (proven: %s): %j', (roles, demanding, isProven, effective) => {
    expect(effectiveRoles(roles, demanding, isProven)).toEqual(effective);
  });
});
