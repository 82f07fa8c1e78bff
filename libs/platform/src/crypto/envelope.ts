import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

/** Wrong key, altered bytes, or a value moved to another row. The cause is never told to a caller. */
export class DecryptionFailed extends Error {
  constructor(options?: { cause?: unknown }) {
    super('An encrypted value could not be opened', options);
    this.name = 'DecryptionFailed';
  }
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
// NIST SP 800-38D §8.2.2: 96 random bits a value; a data key seals far fewer than 2^32 values.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_FIXED_BYTES = 2;

/**
 * Seals one value: `version (1) | length of key id (1) | key id | nonce (12) | ciphertext | tag (16)`.
 * The header and `aad` are authenticated, so neither the key id nor the place of the value can be exchanged.
 */
export function sealEnvelope(key: KeyObject | Buffer, keyId: string, plaintext: Buffer | string, aad: string): Buffer {
  const id = Buffer.from(keyId, 'ascii');
  const header = Buffer.concat([Buffer.from([VERSION, id.length]), id]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.concat([header, Buffer.from(aad)]));
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext;
  return Buffer.concat([header, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the key that sealed a value. Not yet authenticated: good for choosing a key, for nothing else. */
export function envelopeKeyId(sealed: Buffer): string {
  const length = sealed[1] ?? 0;
  if (sealed[0] !== VERSION || sealed.length < HEADER_FIXED_BYTES + length + NONCE_BYTES + TAG_BYTES) {
    throw new DecryptionFailed();
  }
  return sealed.toString('ascii', HEADER_FIXED_BYTES, HEADER_FIXED_BYTES + length);
}

/** Opens what {@link sealEnvelope} made with the same key and the same `aad`; throws {@link DecryptionFailed}. */
export function openEnvelope(key: KeyObject | Buffer, sealed: Buffer, aad: string): Buffer {
  const headerBytes = HEADER_FIXED_BYTES + envelopeKeyId(sealed).length;
  const nonceEnd = headerBytes + NONCE_BYTES;
  const tagStart = sealed.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(headerBytes, nonceEnd), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.concat([sealed.subarray(0, headerBytes), Buffer.from(aad)]));
    decipher.setAuthTag(sealed.subarray(tagStart));
    return Buffer.concat([decipher.update(sealed.subarray(nonceEnd, tagStart)), decipher.final()]);
  } catch (cause) {
    throw new DecryptionFailed({ cause });
  }
}
