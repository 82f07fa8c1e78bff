import { createHmac } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { KeySettings } from './keyring.js';

/**
 * Finds an encrypted value without decrypting any: HMAC-SHA-256 with a key of its own. A plain hash would let
 * whoever steals the table try addresses offline.
 */
@Injectable()
export class BlindIndex {
  constructor(private readonly settings: KeySettings) {}

  /** 32 bytes, the same for the same normalised value. */
  of(normalised: string): Buffer {
    return createHmac('sha256', this.settings.blindIndexKey).update(normalised, 'utf8').digest();
  }
}
