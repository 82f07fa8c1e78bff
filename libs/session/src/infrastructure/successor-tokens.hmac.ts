import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Keyring } from '#platform/crypto';

import { SuccessorTokens } from '../application/ports.js';

/**
 * HMAC-SHA-256 over session, generation and nonce: 256 bits that nobody can guess without the key, and that a reader of
 * the database cannot make from the nonce that is stored there.
 */
@Injectable()
export class HmacSuccessorTokens extends SuccessorTokens {
  readonly #key: KeyObject;

  constructor(keyring: Keyring) {
    super();
    this.#key = createSecretKey(keyring.derive('refresh-token-successor'));
  }

  derive(sessionId: string, generation: number, nonce: string): string {
    return createHmac('sha256', this.#key)
      .update(`${sessionId}/${String(generation)}/${nonce}`)
      .digest('base64url');
  }
}
