import { describe, expect, it } from '@jest/globals';

import { Keyring } from '#platform/crypto';

import { SESSION_ID } from '../../testing/builders.js';
import { HmacSuccessorTokens } from './successor-tokens.hmac.js';

const OTHER = '01938a6e-0000-7000-8000-00000000dddd';
const NONCE = Buffer.alloc(16, 1).toString('base64url');

const instance = (index: number, kek = 1): HmacSuccessorTokens =>
  new HmacSuccessorTokens(
    new Keyring({
      dataEncryptionKeys: [{ kid: 'test', key: Buffer.alloc(32, kek) }],
      blindIndexKey: Buffer.alloc(32, index),
    }),
  );

describe('SE-04 The successor of a refresh token', () => {
  it('is 256 bits, the same on every instance', () => {
    const token = instance(1).derive(SESSION_ID, 2, NONCE);

    expect(token).toMatch(/^[\w-]{43}$/);
    expect(instance(1).derive(SESSION_ID, 2, NONCE)).toBe(token);
  });

  it('stays the same when the key of the data is rotated', () => {
    expect(instance(1, 2).derive(SESSION_ID, 2, NONCE)).toBe(instance(1, 1).derive(SESSION_ID, 2, NONCE));
  });

  it('is another one for another session, generation, nonce or key', () => {
    const other = Buffer.alloc(16, 2).toString('base64url');
    const tokens = [
      instance(1).derive(SESSION_ID, 2, NONCE),
      instance(1).derive(OTHER, 2, NONCE),
      instance(1).derive(SESSION_ID, 3, NONCE),
      instance(1).derive(SESSION_ID, 2, other),
      instance(2).derive(SESSION_ID, 2, NONCE),
    ];

    expect(new Set(tokens).size).toBe(tokens.length);
  });
});
