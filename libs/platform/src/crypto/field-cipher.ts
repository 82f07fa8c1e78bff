import { Injectable } from '@nestjs/common';

import { envelopeKeyId, openEnvelope, sealEnvelope } from './envelope.js';
import { Keyring } from './keyring.js';

/**
 * Encrypts values that belong to no user (stored answers), with the service's own keys. `aad` names the place:
 * `table/column/row id`; a value moved elsewhere does not open.
 */
@Injectable()
export class FieldCipher {
  constructor(private readonly keyring: Keyring) {}

  seal(plaintext: Buffer | string, aad: string): Buffer {
    const { kid, key } = this.keyring.active;
    return sealEnvelope(key, kid, plaintext, `field:${aad}`);
  }

  /** Throws DecryptionFailed. */
  open(sealed: Buffer, aad: string): Buffer {
    return openEnvelope(this.keyring.byId(envelopeKeyId(sealed)), sealed, `field:${aad}`);
  }
}
