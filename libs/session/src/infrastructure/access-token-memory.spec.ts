import { describe, expect, it, jest } from '@jest/globals';

import { forgeToken, readToken } from '../../testing/forged-tokens.js';
import { aSigningKey, TokenInstance, tokenSettings } from '../../testing/token-keys.js';

/** An instance, and how often it computed a signature to check one. */
function counted(): { instance: TokenInstance; computed: () => number } {
  const instance = new TokenInstance(tokenSettings({ signingKeys: [aSigningKey('EdDSA', 'ed-1')] }));
  const verify = jest.spyOn(instance.keys.signing, 'verify');
  return { instance, computed: () => verify.mock.calls.length };
}

describe('The memory of the bearer check', () => {
  it('spares a good token its second signature check', () => {
    const { instance, computed } = counted();
    const token = instance.issue();
    expect(instance.verifier.recall(token)).toBeUndefined();

    const first = instance.verifier.verify(token);

    expect(instance.verifier.verify(token)).toBe(first);
    expect(instance.verifier.recall(token)).toBe(first);
    expect(computed()).toBe(1);
  });

  it('never holds a refusal', () => {
    const { instance, computed } = counted();
    const forged = `${instance.issue().slice(0, -6)}AAAAAA`;

    expect([1, 2, 3].map(() => instance.verifier.verify(forged))).toEqual(['invalid', 'invalid', 'invalid']);
    expect(instance.verifier.recall(forged)).toBeUndefined();
    expect(computed()).toBe(3);
  });

  it('gives way to another signature over the same claims', () => {
    const instance = new TokenInstance();
    const token = instance.issue();
    instance.verifier.verify(token);
    const { header, payload } = readToken(token);

    expect(instance.verifier.verify(forgeToken(header, payload, 'evil'))).toBe('invalid');
    expect(instance.verifier.verify(token)).toMatchObject({ acr: '1' });
  });

  it('ends with the token', () => {
    const { instance } = counted();
    const token = instance.issue();
    instance.verifier.verify(token);
    instance.clock.advance({ seconds: 930 });

    expect(instance.verifier.recall(token)).toBeUndefined();
    expect(instance.verifier.verify(token)).toBe('expired');
  });
});
