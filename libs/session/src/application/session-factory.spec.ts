import { describe, expect, it } from '@jest/globals';

import { after, aSignedInUser, CLIENT, NOW, USER_ID } from '../../testing/builders.js';
import { SessionWorld } from '../../testing/session-world.js';

describe('A session from the factory', () => {
  it('belongs to the account as it was when the password was checked', () => {
    const { deviceName, ip, userAgent, rememberMe } = CLIENT;
    const user = aSignedInUser({ securityEpoch: 4 });
    const { state, origin } = new SessionWorld().factory.begin(user, CLIENT, ['pwd'], NOW);

    expect(state).toMatchObject({
      userAgent,
      rememberMe,
      userId: USER_ID,
      epoch: 4,
      amr: ['pwd'],
      acr: '1',
      authTime: NOW,
    });
    expect(origin).toEqual({ deviceName, ip });
  });

  it.each([false, true])('ends 30 days after it began, with rememberMe %s', (rememberMe) => {
    const { state } = new SessionWorld().factory.begin(aSignedInUser(), { ...CLIENT, rememberMe }, ['pwd'], NOW);

    expect(state.expiresAt).toEqual(after({ days: 30 }));
  });

  it('LG-09 has an id that nothing from outside can choose', () => {
    const { factory } = new SessionWorld();
    const client = { ...CLIENT, id: 'chosen', sessionId: 'chosen' };

    const ids = [1, 2].map(() => factory.begin(aSignedInUser(), client, ['pwd'], NOW).state.id);

    expect(new Set([...ids, 'chosen', USER_ID]).size).toBe(4);
  });
});
