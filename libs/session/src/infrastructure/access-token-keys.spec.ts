import { describe, expect, it } from '@jest/globals';

import { aSigningKey, TokenInstance, tokenSettings } from '../../testing/token-keys.js';
import { AccessTokenKeys } from './access-token-keys.js';

const EDDSA = aSigningKey('EdDSA', 'ed-1');
const ES256 = aSigningKey('ES256', 'es-1');

describe('The keys of access tokens', () => {
  it('sign by JWT_SECRET where there is no other, under an id that holds nothing of it', () => {
    const { signing } = new AccessTokenKeys(tokenSettings());

    expect(signing).toMatchObject({ alg: 'HS512', kid: expect.stringMatching(/^hs512-[\w-]{8}$/) });
    expect(new AccessTokenKeys(tokenSettings()).signing.kid).toBe(signing.kid);
    expect(new AccessTokenKeys(tokenSettings({ secret: 't'.repeat(64) })).signing.kid).not.toBe(signing.kid);
    expect(signing.kid).not.toContain('sss');
  });

  it('sign by the first of the others, and verify by each of them', () => {
    const keys = new AccessTokenKeys(tokenSettings({ signingKeys: [EDDSA, ES256] }));

    expect(keys.signing.kid).toBe('ed-1');
    expect(keys.find('ed-1', 'EdDSA')).toBe(keys.signing);
    expect(keys.find('es-1', 'ES256')).toMatchObject({ kid: 'es-1', alg: 'ES256' });
  });

  it('TK-01 are found by id and algorithm together only', () => {
    const keys = new AccessTokenKeys(tokenSettings({ signingKeys: [EDDSA, ES256] }));

    for (const alg of ['EdDSA', 'HS512', 'HS256', 'none', '', undefined, ['ES256'], null]) {
      expect(keys.find('es-1', alg)).toBeUndefined();
    }
    for (const kid of ['', 'ES-1', 'es-1 ', '__proto__', ['es-1'], { toString: () => 'es-1' }, undefined, null]) {
      expect(keys.find(kid, 'ES256')).toBeUndefined();
    }
  });

  it('accept what JWT_SECRET signed beside others only where the settings say so', () => {
    const { kid } = new AccessTokenKeys(tokenSettings()).signing;
    const others = { signingKeys: [EDDSA] };

    expect(new AccessTokenKeys(tokenSettings(others)).find(kid, 'HS512')).toBeUndefined();
    expect(new AccessTokenKeys(tokenSettings({ ...others, acceptHs512: true })).find(kid, 'HS512')).toBeDefined();
  });

  it('publish and accept a key that does not sign yet, while the one before it signs', () => {
    const next = aSigningKey('ES256', 'next', false);
    const beforeAnyKey = new AccessTokenKeys(tokenSettings({ signingKeys: [next] }));
    const betweenKeys = new AccessTokenKeys(tokenSettings({ signingKeys: [next, EDDSA] }));

    expect(beforeAnyKey.signing.alg).toBe('HS512');
    expect(beforeAnyKey.find(beforeAnyKey.signing.kid, 'HS512')).toBe(beforeAnyKey.signing);
    expect(betweenKeys.signing.kid).toBe('ed-1');
    for (const keys of [beforeAnyKey, betweenKeys]) {
      expect(keys.find('next', 'ES256')).toBeDefined();
      expect(keys.published.map(({ kid }) => kid)).toContain('next');
    }
  });

  it('TK-09 publish public halves only, and nothing of a shared secret', () => {
    const { published } = new AccessTokenKeys(tokenSettings({ signingKeys: [EDDSA, ES256], acceptHs512: true }));

    expect(published).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: 'ed-1', use: 'sig', alg: 'EdDSA' },
      { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: 'es-1', use: 'sig', alg: 'ES256' },
    ]);
    expect(new AccessTokenKeys(tokenSettings()).published).toEqual([]);
  });
});

describe('TK-10 A rotation of keys', () => {
  const [old, next] = [aSigningKey('ES256', 'old'), aSigningKey('EdDSA', 'next')];
  const instance = (...signingKeys: (typeof old)[]): TokenInstance => new TokenInstance(tokenSettings({ signingKeys }));

  it('has instances of two neighbouring steps take each other’s tokens, every one', () => {
    const steps = [instance(old), instance(old, next), instance(next, old), instance(next)];
    // A step begins when the one before it is everywhere, and the last one when no token under the old key is left.
    const meetings = [
      [steps[0]!, steps[1]!],
      [steps[1]!, steps[2]!],
    ];

    for (const [before, after] of meetings) {
      for (let round = 0; round < 50; round += 1) {
        expect(before!.verifier.verify(after!.issue())).toMatchObject({ acr: '1' });
        expect(after!.verifier.verify(before!.issue())).toMatchObject({ acr: '1' });
      }
    }
    expect(steps[3]!.verifier.verify(steps[2]!.issue())).toMatchObject({ acr: '1' });
    expect(steps[2]!.verifier.verify(steps[3]!.issue())).toMatchObject({ acr: '1' });
  });

  it('ends with the old key refused, from whomever it comes', () => {
    const retired = instance(next);

    for (const earlier of [instance(old), instance(old, next)]) {
      expect(retired.verifier.verify(earlier.issue())).toBe('invalid');
    }
  });

  it('leads from JWT_SECRET to a first key without a refusal as well', () => {
    const waiting = { ...next, signs: false };
    const shared = new TokenInstance(tokenSettings());
    const published = new TokenInstance(tokenSettings({ signingKeys: [waiting] }));
    const signing = new TokenInstance(tokenSettings({ signingKeys: [next], acceptHs512: true }));
    const alone = new TokenInstance(tokenSettings({ signingKeys: [next] }));

    for (const [one, other] of [
      [shared, published],
      [published, signing],
    ]) {
      expect(one!.verifier.verify(other!.issue())).toMatchObject({ acr: '1' });
      expect(other!.verifier.verify(one!.issue())).toMatchObject({ acr: '1' });
    }
    expect(alone.verifier.verify(signing.issue())).toMatchObject({ acr: '1' });
    expect(alone.verifier.verify(shared.issue())).toBe('invalid');
  });
});
