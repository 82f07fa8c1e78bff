import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { DecryptionFailed, envelopeKeyId, openEnvelope, sealEnvelope } from './envelope.js';
import { FieldCipher } from './field-cipher.js';
import { Keyring } from './keyring.js';

const key = randomBytes(32);
const AAD = 'users/email_enc/0193';

describe('DP-01 A sealed value', () => {
  it('opens with its key in its place, and names the key that sealed it', () => {
    const sealed = sealEnvelope(key, 'k1', '김민지 kim@example.com', AAD);

    expect(openEnvelope(key, sealed, AAD).toString('utf8')).toBe('김민지 kim@example.com');
    expect(envelopeKeyId(sealed)).toBe('k1');
    expect(sealed.includes(Buffer.from('kim@'))).toBe(false);
  });

  it('differs each time the same value is sealed', () => {
    const first = sealEnvelope(key, 'k1', 'same', AAD);
    const second = sealEnvelope(key, 'k1', 'same', AAD);

    expect(first.equals(second)).toBe(false);
  });

  it('does not open in another place, with another key, or when any byte was changed', () => {
    const sealed = sealEnvelope(key, 'k1', 'value', AAD);

    expect(() => openEnvelope(key, sealed, 'users/email_enc/0194')).toThrow(DecryptionFailed);
    expect(() => openEnvelope(randomBytes(32), sealed, AAD)).toThrow(DecryptionFailed);
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => openEnvelope(key, altered, AAD)).toThrow(DecryptionFailed);
    }
  });

  it('fails closed on anything too short to be one', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([1]), Buffer.from([1, 200]), randomBytes(20)]) {
      expect(() => openEnvelope(key, bytes, AAD)).toThrow(DecryptionFailed);
    }
  });
});

describe('DP-03 The keyring', () => {
  const old = { kid: 'old', key: randomBytes(32) };
  const fresh = { kid: 'new', key: randomBytes(32) };
  const blindIndexKey = randomBytes(32);

  it('seals with the first key and opens what any listed key sealed', () => {
    const before = new FieldCipher(new Keyring({ dataEncryptionKeys: [old], blindIndexKey }));
    const after = new FieldCipher(new Keyring({ dataEncryptionKeys: [fresh, old], blindIndexKey }));
    const sealed = before.seal('value', 'place');

    expect(after.open(sealed, 'place').toString()).toBe('value');
    expect(envelopeKeyId(after.seal('value', 'place'))).toBe('new');
  });

  it('opens nothing with a key that was removed', () => {
    const before = new FieldCipher(new Keyring({ dataEncryptionKeys: [old], blindIndexKey }));
    const after = new FieldCipher(new Keyring({ dataEncryptionKeys: [fresh], blindIndexKey }));

    expect(() => after.open(before.seal('value', 'place'), 'place')).toThrow(DecryptionFailed);
  });

  it('derives keys that differ by purpose and stay when the encryption keys rotate', () => {
    const before = new Keyring({ dataEncryptionKeys: [old], blindIndexKey });
    const after = new Keyring({ dataEncryptionKeys: [fresh], blindIndexKey });

    expect(before.derive('a').equals(after.derive('a'))).toBe(true);
    expect(before.derive('a').equals(before.derive('b'))).toBe(false);
    expect(before.derive('a').equals(blindIndexKey)).toBe(false);
  });
});
