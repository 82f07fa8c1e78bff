import { createHmac } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';

import { SequentialIds } from '../../../platform/testing/sequential-ids.js';
import { after, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { readToken } from '../../testing/forged-tokens.js';
import { AccessTokenKey } from './access-token-key.js';
import { JwtAccessTokenSigner } from './access-token-signer.jwt.js';

const SETTINGS = { secret: 's'.repeat(64), issuer: 'https://id.example.com', audience: 'user-service', minutes: 15 };
const SUBJECT = {
  userId: USER_ID,
  sessionId: SESSION_ID,
  roles: ['user'],
  authTime: NOW,
  amr: ['pwd'],
  acr: '1',
};

const key = new AccessTokenKey(SETTINGS);
const signer = new JwtAccessTokenSigner(new JwtService({ secret: key.key }), key, SETTINGS, new SequentialIds());

describe('An access token', () => {
  it('says of itself what it is, and by which key it was signed', () => {
    expect(readToken(signer.sign(SUBJECT, NOW)).header).toEqual({ alg: 'HS512', typ: 'at+jwt', kid: key.kid });
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

describe('The id of the signing key', () => {
  it('is the same for the same secret, differs for another, and holds nothing of it', () => {
    const again = new AccessTokenKey(SETTINGS);
    const other = new AccessTokenKey({ ...SETTINGS, secret: 't'.repeat(64) });

    expect(again.kid).toBe(key.kid);
    expect(other.kid).not.toBe(key.kid);
    expect(key.kid).toMatch(/^hs512-[\w-]{8}$/);
    expect(key.kid).not.toContain('sss');
  });
});
