import { describe, expect, it } from '@jest/globals';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { TokenInvalid } from '../../domain/errors.js';
import { readClaims } from './access-token-claims.js';

const CLAIMS = {
  sub: USER_ID,
  sid: SESSION_ID,
  iat: 1_772_355_600,
  exp: 1_772_356_500,
  auth_time: 1_772_355_000,
  amr: ['pwd'],
  acr: '1',
  roles: ['user', 'admin'],
};

describe('The claims of an access token', () => {
  it('are read as they were signed, and nothing beside them', () => {
    const { iat, exp, ...read } = CLAIMS;

    expect(readClaims({ ...CLAIMS, iss: 'us', aud: 'us', jti: 'x', isAdmin: true })).toEqual(read);
    expect(exp - iat).toBe(900);
  });

  it('may name no roles and no methods', () => {
    expect(readClaims({ ...CLAIMS, roles: [], amr: [] })).toMatchObject({ roles: [], amr: [] });
  });

  const wrong = [undefined, null, true, '', 'text', 0, -1, 1.5, 1e20, Number.NaN, {}, [1], [['user']], ['user', null]];
  const allowed: Readonly<Record<string, (value: unknown) => boolean>> = {
    acr: (value) => typeof value === 'string',
  };

  it.each(Object.keys(CLAIMS))('refuse every wrong form of %s', (name) => {
    for (const value of wrong) {
      if (allowed[name]?.(value) === true) continue;
      expect(() => readClaims({ ...CLAIMS, [name]: value })).toThrow(TokenInvalid);
    }
  });

  it.each(['sub', 'sid'])('refuse a %s that is not a UUID in its one form', (name) => {
    const id = CLAIMS.sub;
    for (const value of [id.toUpperCase(), `${id} `, `{${id}}`, id.replaceAll('-', ''), `${id}\n`, `${id}'--`]) {
      expect(() => readClaims({ ...CLAIMS, [name]: value })).toThrow(TokenInvalid);
    }
  });
});
