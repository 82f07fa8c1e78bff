import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';

describe('SE-09 The limit of sessions', () => {
  let world: SessionWorld;
  const open = async (changes: object = {}): Promise<string> => {
    world.clock.advance({ seconds: 1 });
    return (await world.signIn.execute({ ...CREDENTIALS, ...changes })).sessionId;
  };
  const openMany = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await open());
    return ids;
  };

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('leaves as many as one may have', async () => {
    const ids = await openMany(5);

    expect(world.live).toEqual(ids);
    expect(world.notices.sent).toEqual([]);
  });

  it('lets the least recently used one go for the sixth, with an event and a notice', async () => {
    const [first, ...rest] = await openMany(5);
    const sixth = await open();

    expect(world.live).toEqual([...rest, sixth]);
    expect(world.session(first!)).toMatchObject({ revokeReason: 'evicted' });
    expect(world.dataOf('session.evicted')).toEqual([{ sessionId: first }]);
    expect(world.notices.sent).toEqual([{ kind: 'evicted', userId: USER_ID, sessionId: first }]);
    expect(world.liveness.told).toEqual([first]);
  });

  it('counts a use that this process saw and nobody has stored yet', async () => {
    const [first, second] = await openMany(5);
    world.clock.advance({ seconds: 1 });
    await world.access(first!);
    await open();

    expect(world.dataOf('session.evicted')).toEqual([{ sessionId: second }]);
  });

  it('counts a use that is stored and this process has not seen', async () => {
    const [first, second] = await openMany(5);
    world.clock.advance({ seconds: 1 });
    await world.uow.run(async () => {
      world.sessions.sessions.put(first!, { ...world.session(first!), lastSeenAt: world.clock.now() });
    });
    await open();

    expect(world.dataOf('session.evicted')).toEqual([{ sessionId: second }]);
  });

  it('holds for any number of parallel sign-ins', async () => {
    await Promise.all(Array.from({ length: 20 }, () => world.signIn.execute(CREDENTIALS)));

    expect(world.live).toHaveLength(5);
    expect(world.dataOf('session.evicted')).toHaveLength(15);
  });

  it('tells the owner three times an hour at most, whatever signs in all day', async () => {
    await openMany(15);
    expect(world.dataOf('session.evicted')).toHaveLength(10);
    expect(world.notices.sent).toHaveLength(3);

    world.clock.advance({ minutes: 61 });
    await openMany(6);
    expect(world.notices.sent.length).toBeGreaterThan(3);
  });

  it('comes down to a lower limit at the next sign-in', async () => {
    const ids = await openMany(5);
    Object.assign(world.settings, { maxConcurrent: 2 });
    const last = await open();

    expect(world.live).toEqual([ids[4], last]);
    expect(world.dataOf('session.evicted')).toEqual(ids.slice(0, 4).map((sessionId) => ({ sessionId })));
    expect(world.notices.sent.map(({ sessionId }) => sessionId)).toEqual(ids.slice(0, 3));
  });

  it('of one leaves the newest alone', async () => {
    world = new SessionWorld({ maxConcurrent: 1 });
    const [, second] = await openMany(2);

    expect(world.live).toEqual([second]);
  });

  it('does not count what rested too long, and ends it as that, without a notice', async () => {
    const idle = await openMany(5);
    world.clock.advance({ minutes: 31 });
    const fresh = await open();

    expect(world.live).toEqual([fresh]);
    expect(world.dataOf('session.idle_expired')).toEqual(idle.map((sessionId) => ({ sessionId })));
    expect(world.dataOf('session.evicted')).toEqual([]);
    expect(world.notices.sent).toEqual([]);
  });

  it('does not end what this process saw used, although nobody has stored that yet', async () => {
    const [used] = await openMany(5);
    world.clock.advance({ minutes: 20 });
    await world.access(used!);
    world.clock.advance({ minutes: 20 });
    const fresh = await open();

    expect(world.live).toEqual([used, fresh]);
  });

  it('counts what is to be remembered, however long it rested', async () => {
    for (let n = 0; n < 5; n += 1) await open({ rememberMe: true });
    world.clock.advance({ days: 3 });
    await open();

    expect(world.live).toHaveLength(5);
    expect(world.dataOf('session.evicted')).toHaveLength(1);
  });

  it('does not count what has ended', async () => {
    const ids = await openMany(5);
    await world.ends.signOut(ids[3]!);
    await open();

    expect(world.dataOf('session.evicted')).toEqual([]);
  });

  it('evicts nobody for a sign-in that does not come about', async () => {
    const ids = await openMany(5);
    world.refreshTokens.add = async () => {
      throw new Error('disk full');
    };

    await expect(open()).rejects.toThrow('disk full');
    expect(world.live).toEqual(ids);
    expect(world.notices.sent).toEqual([]);
    expect(world.liveness.told).toEqual([]);
  });

  it('is for each user alone', async () => {
    const ids = await openMany(5);
    world.credentials.account = aSignedInUser({ id: '01938a6e-0000-7000-8000-00000000bbbb' });
    const stranger = await open();

    expect(world.live).toEqual([...ids, stranger]);
  });
});
