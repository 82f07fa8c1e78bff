import { hkdfSync, type KeyObject } from 'node:crypto';

import { DecryptionFailed } from './envelope.js';

/** 32 bytes, best as a `KeyObject`, which no log line or dump of an object ever prints. */
export type SymmetricKey = KeyObject | Buffer;

/** Where the service's long-lived keys come from. A KMS adapter fits the same shape. */
export abstract class KeySettings {
  /** Key-encryption keys, 32 bytes each; the first one seals, all of them open. */
  abstract readonly dataEncryptionKeys: readonly { readonly kid: string; readonly key: SymmetricKey }[];
  /** 32 bytes; does not rotate with the others, because every look-up by address depends on it. */
  abstract readonly blindIndexKey: SymmetricKey;
}

/** The service's own keys, by id and by purpose. */
export class Keyring {
  readonly #keys: ReadonlyMap<string, SymmetricKey>;
  readonly #root: SymmetricKey;
  readonly active: { readonly kid: string; readonly key: SymmetricKey };

  constructor(settings: KeySettings) {
    const [first] = settings.dataEncryptionKeys;
    if (first === undefined) throw new Error('At least one data encryption key is needed');
    this.active = first;
    this.#keys = new Map(settings.dataEncryptionKeys.map(({ kid, key }) => [kid, key]));
    this.#root = settings.blindIndexKey;
  }

  /** The key-encryption key of that id; a value sealed with a removed key can no longer be opened. */
  byId(kid: string): SymmetricKey {
    const key = this.#keys.get(kid);
    if (key === undefined) throw new DecryptionFailed();
    return key;
  }

  /** A 256-bit key of its own for one purpose (HKDF-SHA-256, RFC 5869), stable while the index key is. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, Buffer.alloc(0), `user-service/${purpose}`, 32));
  }
}
