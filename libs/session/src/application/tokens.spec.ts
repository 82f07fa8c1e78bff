import { beforeEach, describe, expect, it } from '@jest/globals';

import { after, aPresentedToken, aSession, aSignedInUser, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { FakeSuccessorTokens, readAccessToken } from '../../testing/fakes.js';
import { SessionWorld } from '../../testing/session-world.js';

describe('The tokens of a session', () => {
  let world: SessionWorld;
  const first = (now = NOW): Promise<string> =>
    world.uow.run(() => world.tokens.firstRefreshToken(aSession({ id: world.ids.uuid() }), now));

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('SE-01 begin with a refresh token of a prefix and 256 random bits', async () => {
    const token = await first();

    expect(token).toMatch(/^usr_.{43}$/);
    expect(await first()).not.toBe(token);
  });

  it('end with the session, however late they are issued', async () => {
    await first(after({ days: 29 }));

    expect(world.refreshTokens.unspent).toMatchObject([
      { generation: 1, issuedAt: after({ days: 29 }), expiresAt: after({ days: 30 }) },
    ]);
  });

  it('SE-04 have a successor that is derived from session, generation and a nonce of 128 bits', () => {
    const presented = aPresentedToken({ generation: 4 });
    const { token, nonce } = world.tokens.successorOf(presented);

    expect(nonce).toHaveLength(22);
    expect(token).toBe(`usr_${new FakeSuccessorTokens().derive(SESSION_ID, 5, nonce)}`);
    expect(world.tokens.successorOf(presented).token).not.toBe(token);
  });

  it('SE-05 have the same successor again once it has been made', () => {
    const made = world.tokens.successorOf(aPresentedToken());
    const again = world.tokens.successorOf(aPresentedToken({ usedAt: NOW, nonce: made.nonce }));

    expect(again).toEqual(made);
  });

  it('count the remaining life of the session in whole seconds', () => {
    const issued = world.tokens.issue(aSession().state, aSignedInUser(), 'usr_x', after({ days: 29, milliseconds: 1 }));

    expect(issued).toMatchObject({ expiresIn: 900, refreshExpiresIn: 86_399, sessionId: SESSION_ID });
  });

  it('say who, in which session, with the present roles, and how and when they authenticated', () => {
    const user = aSignedInUser({ roles: ['user', 'admin'] });
    const { accessToken } = world.tokens.issue(aSession().state, user, 'usr_x', after({ minutes: 5 }));

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
    const { accessToken } = world.tokens.issue(aSession().state, aSignedInUser(), 'usr_x', NOW);

    expect(accessToken).not.toMatch(/kim|김민지|203\.0\.113|Mozilla|노트북/);
  });
});
