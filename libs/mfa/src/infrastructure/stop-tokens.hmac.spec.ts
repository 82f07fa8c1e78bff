import { describe, expect, it } from '@jest/globals';

import { Keyring } from '#platform/crypto';

import { HmacStopTokens } from './stop-tokens.hmac.js';

const keyring = (byte: number): Keyring =>
  new Keyring({ dataEncryptionKeys: [{ kid: 'k', key: Buffer.alloc(32, 1) }], blindIndexKey: Buffer.alloc(32, byte) });
const RESET = { id: '01938a6e-0000-7000-8000-000000000001', userId: '01938a6e-0000-7000-8000-000000000002' };

describe('A token that stops a reset', () => {
  const tokens = new HmacStopTokens(keyring(7));
  const token = tokens.of(RESET);

  it('says which one', () => {
    expect(tokens.read(token)).toEqual(RESET);
    expect(tokens.of(RESET)).toBe(token);
  });

  it('is nothing when any of its characters is another, or somebody else made it', () => {
    for (let at = 0; at < token.length; at += 1) {
      const altered = `${token.slice(0, at)}${token[at] === '0' ? '1' : '0'}${token.slice(at + 1)}`;
      // The last character of 43 in base64url carries two bits that count for nothing.
      if (at < token.length - 1) expect(tokens.read(altered)).toBeNull();
    }
    expect(new HmacStopTokens(keyring(8)).read(token)).toBeNull();
    for (const other of ['', '.', token.toUpperCase(), `${token}A`, token.slice(1)])
      expect(tokens.read(other)).toBeNull();
  });
});
