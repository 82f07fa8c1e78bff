import { beforeEach, describe, expect, it } from '@jest/globals';

import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { readAccessToken } from '../../testing/fakes.js';
import { SessionStateUnavailable } from '../domain/errors.js';
import { AuthenticateToken } from './authenticate-token.js';
import { IntrospectToken } from './introspect-token.js';
import { AccessTokenVerifier, type TokenFault, type VerifiedToken } from './ports.js';
import { RevokeToken } from './revoke-token.js';
import type { IssuedTokens } from './tokens.js';

/** Believes the readable tokens of the fake signer. */
class ReadingVerifier extends AccessTokenVerifier {
  verify(token: string): VerifiedToken | TokenFault {
    if (!token.startsWith('{')) return token === 'old' ? 'expired' : 'invalid';
    const { userId, sessionId, roles, amr, acr } = readAccessToken(token) as unknown as VerifiedToken;
    return { userId, sessionId, roles, amr, acr, tokenId: 'jti', authTime: 1, issuedAt: 2, expiresAt: 3 };
  }
}

let world: SessionWorld;
let introspect: IntrospectToken;
let revoke: RevokeToken;
let tokens: IssuedTokens;

beforeEach(async () => {
  world = new SessionWorld();
  const verifier = new ReadingVerifier();
  introspect = new IntrospectToken(new AuthenticateToken(verifier, world.checkAccess, world.settings));
  revoke = new RevokeToken(verifier, world.refreshTokens, world.ends, world.clock);
  tokens = await world.signIn.execute(CREDENTIALS);
});

describe('TK-12 Introspection', () => {
  it('tells what a live token says, with the roles of this moment', async () => {
    world.credentials.account = { ...world.credentials.account!, roles: ['user', 'admin'] };

    expect(await introspect.execute(tokens.accessToken)).toMatchObject({
      sessionId: tokens.sessionId,
      userId: tokens.user.id,
      roles: ['user', 'admin'],
    });
  });

  it.each(['old', 'forged', ''])('knows nothing of %j', async (token) => {
    expect(await introspect.execute(token)).toBeNull();
  });

  it('knows nothing of a token whose session ended or rested too long', async () => {
    world.clock.advance({ days: 1 });
    expect(await introspect.execute(tokens.accessToken)).toBeNull();
    expect(await introspect.execute(tokens.accessToken)).toBeNull();
    expect(world.dataOf('session.idle_expired')).toHaveLength(1);
  });

  it.each([
    [
      'at once',
      (): never => {
        throw new SessionStateUnavailable();
      },
    ],
    ['later', () => Promise.reject(new SessionStateUnavailable())],
  ])('does not call a token dead when nothing is known, told %s', async (_when, standingOf) => {
    world.liveness.standingOf = standingOf;

    await expect((async () => introspect.execute(tokens.accessToken))()).rejects.toThrow(SessionStateUnavailable);
  });
});

describe('Revocation by a service', () => {
  it.each(['accessToken', 'refreshToken'] as const)('by the %s ends its session once', async (which) => {
    await revoke.execute(tokens[which]);
    await revoke.execute(tokens[which]);

    expect(world.live).toEqual([]);
    expect(world.dataOf('session.revoked')).toEqual([{ sessionId: tokens.sessionId, reason: 'token_revoked' }]);
  });

  it('by a spent refresh token ends the session as well', async () => {
    await world.refresh(tokens.refreshToken);
    await revoke.execute(tokens.refreshToken);

    expect(world.live).toEqual([]);
  });

  it.each(['old', 'forged', 'usr_unknown'])('by %j changes nothing', async (token) => {
    const before = world.uow.publishedTypes;
    await revoke.execute(token);

    expect(world.live).toEqual([tokens.sessionId]);
    expect(world.uow.publishedTypes).toEqual(before);
  });
});
