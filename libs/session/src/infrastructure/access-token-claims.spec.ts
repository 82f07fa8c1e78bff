import { describe, expect, it } from '@jest/globals';

import { SESSION_ID, USER_ID } from '../../testing/builders.js';
import { readClaims } from './access-token-claims.js';

const CLAIMS = {
  sub: USER_ID,
  sid: SESSION_ID,
  jti: 'token-1',
  iat: 1_772_355_600,
  exp: 1_772_356_500,
  auth_time: 1_772_355_000,
  amr: ['pwd'],
  acr: '1',
  roles: ['user', 'admin'],
};

describe('The claims of an access token', () => {
  it('are read as they were signed, and nothing beside them', () => {
    const payload = { ...CLAIMS, iss: 'us', aud: 'us', isAdmin: true };

    expect(readClaims(payload)).toEqual({
      userId: USER_ID,
      sessionId: SESSION_ID,
      tokenId: 'token-1',
      roles: ['user', 'admin'],
      amr: ['pwd'],
      acr: '1',
      authTime: 1_772_355_000,
      issuedAt: 1_772_355_600,
      expiresAt: 1_772_356_500,
    });
  });

  it('cannot be changed by one request for the next', () => {
    const claims = readClaims({ ...CLAIMS, roles: ['user'], amr: ['pwd'] });

    expect(() => Object.assign(claims!, { userId: 'x' })).toThrow(TypeError);
    expect(() => (claims!.roles as string[]).push('admin')).toThrow(TypeError);
    expect(() => (claims!.amr as string[]).push('otp')).toThrow(TypeError);
  });

  it('may name no roles and no methods', () => {
    expect(readClaims({ ...CLAIMS, roles: [], amr: [] })).toMatchObject({ roles: [], amr: [] });
  });

  const wrong = [undefined, null, true, '', 'text', 0, -1, 1.5, 1e20, Number.NaN, {}, [1], [['user']], ['user', null]];
  const allowed: Readonly<Record<string, (value: unknown) => boolean>> = {
    acr: (value) => typeof value === 'string',
    jti: (value) => typeof value === 'string',
  };

  it.each(Object.keys(CLAIMS))('refuse every wrong form of %s', (name) => {
    for (const value of wrong) {
      if (allowed[name]?.(value) === true) continue;
      expect(readClaims({ ...CLAIMS, [name]: value })).toBeUndefined();
    }
  });

  it.each(['sub', 'sid'])('refuse a %s that is not a UUID in its one form', (name) => {
    const id = CLAIMS.sub;
    for (const value of [id.toUpperCase(), `${id} `, `{${id}}`, id.replaceAll('-', ''), `${id}\n`, `${id}'--`]) {
      expect(readClaims({ ...CLAIMS, [name]: value })).toBeUndefined();
    }
  });
});
