import { createHmac, createPublicKey, createSecretKey, verify } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';

import { SequentialIds } from '../../../platform/testing/sequential-ids.js';
import { after, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { readToken } from '../../testing/forged-tokens.js';
import { aSigningKey, SUBJECT, tokenSettings } from '../../testing/token-keys.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { JwtAccessTokenSigner } from './access-token-signer.jwt.js';
import type { AccessTokenSettings } from './access-token.settings.js';

const SETTINGS = tokenSettings();

function signerOf(settings: AccessTokenSettings): JwtAccessTokenSigner {
  const jwt = new JwtService({ secret: createSecretKey(settings.secret, 'utf8') });
  return new JwtAccessTokenSigner(jwt, new AccessTokenKeys(settings), settings, new SequentialIds());
}

const { kid } = new AccessTokenKeys(SETTINGS).signing;
const signer = signerOf(SETTINGS);

describe('An access token', () => {
  it('says of itself what it is, and by which key it was signed', () => {
    expect(readToken(signer.sign(SUBJECT, NOW)).header).toEqual({ alg: 'HS512', typ: 'at+jwt', kid });
  });

  it('TK-08 holds the claims of RFC 9068 and no others', () => {
    expect(readToken(signer.sign(SUBJECT, after({ minutes: 5 }))).payload).toEqual({
      iss: 'https://id.example.com',
      aud: 'user-service',
      sub: USER_ID,
      sid: SESSION_ID,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: 1_772_355_900,
      exp: 1_772_356_800,
      auth_time: 1_772_355_600,
      amr: ['pwd'],
      acr: '1',
      roles: ['user'],
    });
  });

  it('TK-07 lives for 900 seconds', () => {
    const { iat, exp } = readToken(signer.sign(SUBJECT, after({ milliseconds: 999 }))).payload;

    expect(Number(exp) - Number(iat)).toBe(900);
  });

  it('has an id of its own each time', () => {
    const ids = [1, 2].map(() => readToken(signer.sign(SUBJECT, NOW)).payload['jti']);

    expect(ids[0]).not.toBe(ids[1]);
  });

  it('is signed with HMAC-SHA-512 over the bytes of the secret', () => {
    const [header, payload, signature] = signer.sign(SUBJECT, NOW).split('.');

    expect(signature).toBe(createHmac('sha512', SETTINGS.secret).update(`${header!}.${payload!}`).digest('base64url'));
  });
});

describe.each([
  ['ES256', 'sha256'],
  ['EdDSA', null],
] as const)('An access token under a key of %s', (alg, hash) => {
  const key = aSigningKey(alg, 'key-1');
  const token = signerOf(tokenSettings({ signingKeys: [key] })).sign(SUBJECT, NOW);

  it('says so, and says the same as any other', () => {
    expect(readToken(token).header).toEqual({ alg, typ: 'at+jwt', kid: 'key-1' });
    expect(Object.keys(readToken(token).payload)).toEqual(Object.keys(readToken(signer.sign(SUBJECT, NOW)).payload));
  });

  it('has its signature in 64 bytes, good by the public half', () => {
    const [header, payload, signature] = token.split('.');
    const bytes = Buffer.from(signature!, 'base64url');
    const verifier = { key: createPublicKey(key.privateKey), dsaEncoding: 'ieee-p1363' as const };

    expect(bytes).toHaveLength(64);
    expect(verify(hash, Buffer.from(`${header!}.${payload!}`), verifier, bytes)).toBe(true);
  });
});
