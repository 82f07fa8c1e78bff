import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { PasswordRejected } from '../domain/errors.js';

describe('The rules of registration', () => {
  it('admit with a fresh id, the address in its one form and a hash', async () => {
    const { rules } = new IdentityWorld();
    const first = await rules.admit({ ...REGISTRATION, email: 'KIM@example.com' });
    const second = await rules.admit(REGISTRATION);

    expect(first.email.value).toBe('kim@example.com');
    expect(first.passwordHash).toBe('hash of: correct horse battery staple');
    expect(first.id).not.toBe(second.id);
  });

  it('ask the policy about the password beside the address in its one form and the name', async () => {
    const { rules, policy } = new IdentityWorld();
    await rules.admit({ ...REGISTRATION, email: 'KIM@example.com' });

    expect(policy.asked).toEqual([
      { password: REGISTRATION.password, own: { email: 'kim@example.com', displayName: '김민지' } },
    ]);
  });

  it('PW-06 name every reason against a password', async () => {
    const { rules, hasher } = new IdentityWorld({ refusals: { password: ['too_short', 'common'] } });

    await expect(rules.admit({ ...REGISTRATION, password: 'password' })).rejects.toMatchObject({
      code: 'password_rejected',
      kind: 'unprocessable',
      extensions: { reasons: ['too_short', 'common'] },
    });
    expect(hasher.hashes).toBe(0);
  });

  it('PW-02 refuse a password that no sign-in would take, before anything is hashed', async () => {
    const { rules, hasher } = new IdentityWorld();

    for (const admit of [
      rules.admit({ ...REGISTRATION, password: 'x'.repeat(257) }),
      rules.admitVouched({ ...REGISTRATION, password: 'x'.repeat(257) }),
    ]) {
      await expect(admit).rejects.toMatchObject({
        code: 'validation_failed',
        issues: [{ pointer: '/password', code: 'too_long' }],
      });
    }
    expect(hasher.hashes).toBe(0);
  });

  it('ID-13 refuse who is too young before anything is hashed', async () => {
    const { rules, hasher } = new IdentityWorld({ settings: { minimumAge: 14 } });

    await expect(rules.admit({ ...REGISTRATION, birthDate: '2012-03-02' })).rejects.toMatchObject({
      code: 'under_age',
    });
    expect(hasher.hashes).toBe(0);
  });

  it('ask nobody for a date of birth for whom an operator vouches', async () => {
    const { rules } = new IdentityWorld({ settings: { minimumAge: 14 } });

    await expect(rules.admitVouched(REGISTRATION)).resolves.toMatchObject({
      email: { value: 'kim@example.com' },
    });
  });

  it('keep the password out of what they throw', async () => {
    const password = 'canary-password';
    const { rules } = new IdentityWorld({ refusals: { [password]: ['breached'] } });
    const error: unknown = await rules.admit({ ...REGISTRATION, password }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(PasswordRejected);
    expect(inspect(error, { depth: null })).not.toContain(password);
  });
});
