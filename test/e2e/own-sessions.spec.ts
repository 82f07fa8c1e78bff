import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { PASSWORD, signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import { expectInvalid, expectMembers, expectProblem, expectUnauthorized } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const SESSIONS = '/api/v1/users/me/sessions';
const MEMBERS = ['id', 'current', 'createdAt', 'lastSeenAt', 'expiresAt', 'ip', 'userAgent', 'deviceName', 'amr'];

interface Item {
  readonly id: string;
  readonly current: boolean;
  readonly [member: string]: unknown;
}

let app: TestApp;
let beside: TestApp;
let email: string;
let phone: SignedIn;
let laptop: SignedIn;

beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.1' });
  beside = await startTestApp({}, app);
});

afterAll(async () => {
  await beside.close();
  await app.close();
});

beforeEach(async () => {
  email = await app.api.verifiedUser();
  phone = await signInFrom('203.0.113.77', '민지의 폰');
  laptop = await signInFrom('2001:db8:1:2::3', 'Laptop');
});

async function signInFrom(address: string, deviceName: string): Promise<SignedIn> {
  const userAgent = deviceName === 'Laptop' ? 'LaptopAgent/1.0' : 'PhoneAgent/1.0';
  const headers = { 'x-forwarded-for': address, 'user-agent': userAgent };
  return signedIn(await app.api.login(email, PASSWORD, { deviceName }, { headers }));
}

async function list({ accessToken: token }: SignedIn, query = ''): Promise<Answer> {
  return app.api.get(`${SESSIONS}${query}`, { token });
}

async function itemsOf(user: SignedIn, query = ''): Promise<Item[]> {
  return (await list(user, query)).body['items'] as Item[];
}

function end({ accessToken: token }: SignedIn, id = ''): Promise<Answer> {
  return app.api.call('DELETE', id === '' ? SESSIONS : `${SESSIONS}/${id}`, { token });
}

async function eventsOf(sessionId: string): Promise<unknown[]> {
  const rows = await app.sql.query<{ event: unknown }>(
    `SELECT payload #> '{data,details}' AS event FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' = 'session.revoked' AND payload::text LIKE '%' || $1 || '%'`,
    [sessionId],
  );
  return rows.map(({ event }) => event);
}

describe('SE-11 The list of my sessions', () => {
  it('says where I am signed in, without any address or token', async () => {
    const answer = await list(phone);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expectMembers(answer.body, ['items', 'nextCursor']);
    expect(answer.body['nextCursor']).toBeNull();
    const items = answer.body['items'] as Item[];
    for (const item of items) expectMembers(item, MEMBERS);
    expect(items).toMatchObject([
      {
        id: phone.sessionId,
        current: true,
        ip: '203.0.113.0/24',
        userAgent: 'PhoneAgent/1.0',
        deviceName: '민지의 폰',
        amr: ['pwd'],
      },
      { id: laptop.sessionId, current: false, ip: '2001:db8:1::/48', userAgent: 'LaptopAgent/1.0' },
    ]);
    const days = (Date.parse(String(items[0]!['expiresAt'])) - Date.parse(String(items[0]!['createdAt']))) / 86_400_000;
    expect(days).toBe(30);
    expect(answer.text).not.toMatch(/203\.0\.113\.77|2001:db8:1:2|usr_|eyJ/);
  });

  it('has the most recently used first, and marks the one that asks', async () => {
    const marked = async (user: SignedIn): Promise<unknown[]> =>
      (await itemsOf(user)).map(({ id, current }) => [id, current]);

    expect(await marked(phone)).toEqual([
      [phone.sessionId, true],
      [laptop.sessionId, false],
    ]);
    expect(await marked(laptop)).toEqual([
      [laptop.sessionId, true],
      [phone.sessionId, false],
    ]);
  });

  it('holds live sessions only', async () => {
    const [out, expired, idle] = [
      await app.api.signIn(email),
      await app.api.signIn(email),
      await app.api.signIn(email),
    ];
    await app.api.logout(out.accessToken);
    await app.sql.query('UPDATE user_service.sessions SET expires_at = now() WHERE id = $1', [expired.sessionId]);
    await app.sql.query(`UPDATE user_service.sessions SET last_seen_at = now() - interval '32 minutes' WHERE id = $1`, [
      idle.sessionId,
    ]);

    expect((await itemsOf(phone)).map(({ id }) => id)).toEqual([phone.sessionId, laptop.sessionId]);
  });

  it('comes in pages', async () => {
    await app.api.signIn(email);
    const seen: string[] = [];
    let query = '?limit=1';
    for (let page = 0; page < 3; page += 1) {
      const { body } = await list(phone, query);
      seen.push(...(body['items'] as Item[]).map(({ id }) => id));
      expect(body['nextCursor'] === null).toBe(page === 2);
      query = `?limit=1&cursor=${String(body['nextCursor'])}`;
    }

    // The session that asks moves to the front each time, and is not shown again.
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(3);
  });

  it.each([
    ['?limit=0', '/query/limit'],
    ['?limit=101', '/query/limit'],
    ['?limit=all', '/query/limit'],
    ['?cursor=nonsense', '/query/cursor'],
    ['?userId=x', '/query/userId'],
  ])('refuses %s', async (query, pointer) => {
    expectInvalid(await list(phone, query), pointer);
  });

  it('is for those who are signed in', async () => {
    expectUnauthorized(await app.api.get(SESSIONS), 'token_missing');
  });
});

describe('SE-11 Ending my sessions', () => {
  it('ends one, here at once and everywhere within a second', async () => {
    expect((await beside.api.me(laptop.accessToken)).status).toBe(200);
    const answer = await end(phone, laptop.sessionId);
    const endedAt = performance.now();

    expect([answer.status, answer.text]).toEqual([204, '']);
    expectUnauthorized(await app.api.me(laptop.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(laptop.refreshToken), 401, 'refresh_invalid');
    await waitFor(async () => (await beside.api.me(laptop.accessToken)).status === 401, { timeoutMs: 3_000 });
    expect(performance.now() - endedAt).toBeLessThan(1_500);
    expect((await app.api.me(phone.accessToken)).status).toBe(200);
    expect(await eventsOf(laptop.sessionId)).toEqual([{ sessionId: laptop.sessionId, reason: 'owner' }]);
  });

  it('ends the one that asks', async () => {
    expect((await end(phone, phone.sessionId)).status).toBe(204);

    expectUnauthorized(await app.api.me(phone.accessToken), 'session_revoked');
    expect((await app.api.me(laptop.accessToken)).status).toBe(200);
  });

  it('ends all but the one that asks', async () => {
    const third = await app.api.signIn(email);
    expect((await end(laptop)).status).toBe(204);

    for (const { accessToken } of [phone, third]) {
      expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
    }
    expect((await itemsOf(laptop)).map(({ id }) => id)).toEqual([laptop.sessionId]);
    expect((await end(laptop)).status).toBe(204);
  });

  it.each([
    ['that nobody has', () => randomUUID()],
    ['that is no id', () => 'current'],
    ['in capitals', () => laptop.sessionId.toUpperCase()],
  ])('knows no session %s', async (_what, id) => {
    expectProblem(await end(phone, id()), 404, 'not_found');
    expect((await app.api.me(laptop.accessToken)).status).toBe(200);
  });

  it('knows no session that has ended', async () => {
    expect((await end(phone, laptop.sessionId)).status).toBe(204);

    expectProblem(await end(phone, laptop.sessionId), 404, 'not_found');
    expect(await eventsOf(laptop.sessionId)).toHaveLength(1);
  });
});

describe("SE-13 Another user's session", () => {
  it('is neither seen nor ended, and answered like one that does not exist', async () => {
    const other = await app.api.signedInUser();

    expect((await itemsOf(other)).map(({ id }) => id)).toEqual([other.sessionId]);
    const [theirs, nobodys] = [await end(other, phone.sessionId), await end(other, randomUUID())];
    expectProblem(theirs, 404, 'not_found');
    expect({ ...theirs.body, instance: '' }).toEqual({ ...nobodys.body, instance: '' });
    expect((await end(other)).status).toBe(204);
    expect((await app.api.me(phone.accessToken)).status).toBe(200);
    expect((await app.api.refresh(laptop.refreshToken)).status).toBe(200);
  });
});
