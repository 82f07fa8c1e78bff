import { beforeEach, describe, expect, it } from '@jest/globals';

import { after, aSession, aSignedInUser, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { readAccessToken } from '../../testing/fakes.js';
import { SessionWorld } from '../../testing/session-world.js';

describe('The tokens of a session', () => {
  let world: SessionWorld;
  const next = (generation: number, now = NOW): Promise<string> =>
    world.uow.run(() => world.tokens.nextRefreshToken(aSession(), generation, now));

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('include a refresh token with a prefix and 256 random bits', async () => {
    const first = await next(1);

    expect(first).toMatch(/^usr_.{43}$/);
    expect(await next(2)).not.toBe(first);
  });

  it('end with the session, however late they are issued', async () => {
    await next(9, after({ days: 29 }));

    expect(world.refreshTokens.unspent).toMatchObject([
      { generation: 9, issuedAt: after({ days: 29 }), expiresAt: after({ days: 30 }) },
    ]);
  });

  it('count the remaining life of the session in whole seconds', () => {
    const issued = world.tokens.issue(aSession(), aSignedInUser(), 'usr_x', after({ days: 29, milliseconds: 1 }));

    expect(issued).toMatchObject({ expiresIn: 900, refreshExpiresIn: 86_399, sessionId: SESSION_ID });
  });

  it('say who, in which session, with the present roles, and how and when they authenticated', () => {
    const user = aSignedInUser({ roles: ['user', 'admin'] });
    const { accessToken } = world.tokens.issue(aSession(), user, 'usr_x', after({ minutes: 5 }));

    expect(readAccessToken(accessToken)).toEqual({
      userId: USER_ID,
      sessionId: SESSION_ID,
      roles: ['user', 'admin'],
      authTime: NOW.toISOString(),
      amr: ['pwd'],
      acr: '1',
      issuedAt: after({ minutes: 5 }).toISOString(),
    });
  });

  it('TK-08 give the signer no personal datum', () => {
    const { accessToken } = world.tokens.issue(aSession(), aSignedInUser(), 'usr_x', NOW);

    expect(accessToken).not.toMatch(/kim|김민지|203\.0\.113|Mozilla|노트북/);
  });
});
