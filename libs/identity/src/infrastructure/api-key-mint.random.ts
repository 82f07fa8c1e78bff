import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { ApiKeyMint, type MintedKey } from '../application/api-key-ports.js';
import { apiKeyText, hashOf } from './api-key-text.js';

// RFC 4648 §6: no character that has to be quoted anywhere, and none that looks like another.
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PREFIX_LENGTH = 12;
const SECRET_BYTES = 32;

@Injectable()
export class RandomApiKeyMint extends ApiKeyMint {
  mint(): MintedKey {
    // The alphabet has 32 characters, so that the remainder of a byte favours none of them.
    const prefix = Array.from(randomBytes(PREFIX_LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    return { key: apiKeyText({ prefix, secret }), prefix, secretHash: hashOf(secret) };
  }
}
