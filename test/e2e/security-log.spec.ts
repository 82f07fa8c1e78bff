import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { PASSWORD, signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import { expectInvalid, expectMembers, expectUnauthorized } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const LOG = '/api/v1/users/me/security-log';
const NEXT_PASSWORD = 'acht Quitten reifen spät 17';

interface Entry {
  readonly at: string;
  readonly type: string;
  readonly sessionId?: string;
  readonly reason?: string;
}

let app: TestApp;
let email: string;

beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => app.close());
beforeEach(async () => {
  email = await app.api.verifiedUser();
});

async function signIn(): Promise<SignedIn> {
  const headers = { 'x-forwarded-for': '203.0.113.77', 'user-agent': 'PhoneAgent/1.0' };
  return signedIn(await app.api.login(email, PASSWORD, { deviceName: '민지의 폰' }, { headers }));
}

function log({ accessToken: token }: SignedIn, query = ''): Promise<Answer> {
  return app.api.get(`${LOG}${query}`, { token });
}

async function entriesOf(user: SignedIn, query = ''): Promise<Entry[]> {
  return (await log(user, query)).body['items'] as Entry[];
}

describe('My security log', () => {
  it('tells of my registration and sign-in, without any address or token', async () => {
    const user = await signIn();
    const answer = await log(user);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expectMembers(answer.body, ['items', 'nextCursor']);
    expect(answer.body).toEqual({
      items: [
        {
          at: expect.any(String),
          type: 'session.login_succeeded',
          sessionId: user.sessionId,
          deviceName: '민지의 폰',
          userAgent: 'PhoneAgent/1.0',
          ip: '203.0.113.0/24',
        },
        { at: expect.any(String), type: 'identity.email_verified' },
        { at: expect.any(String), type: 'identity.registered' },
      ],
      nextCursor: null,
    });
    expect(answer.text).not.toMatch(/203\.0\.113\.77|usr_|eyJ|@/);
  });

  it('tells how each session ended, newest first', async () => {
    const [out, revoked, idle] = [await signIn(), await signIn(), await signIn()];
    await app.api.logout(out.accessToken);
    const mine = await signIn();
    await app.api.call('DELETE', `/api/v1/users/me/sessions/${revoked.sessionId}`, { token: mine.accessToken });
    await app.sql.query(`UPDATE user_service.sessions SET last_seen_at = now() - interval '32 minutes' WHERE id = $1`, [
      idle.sessionId,
    ]);
    await app.api.refresh(idle.refreshToken);
    await app.api.post('/api/v1/auth/reauthenticate', { password: PASSWORD }, { token: mine.accessToken });
    const change = { currentPassword: PASSWORD, newPassword: NEXT_PASSWORD };
    expect((await app.api.post('/api/v1/users/me/password', change, { token: mine.accessToken })).status).toBe(204);

    const entries = await entriesOf(mine);
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect(entries.slice(0, 6)).toMatchObject([
      { type: 'identity.password_changed' },
      { type: 'session.reauthenticated', sessionId: mine.sessionId },
      { type: 'session.idle_expired', sessionId: idle.sessionId },
      { type: 'session.revoked', sessionId: revoked.sessionId, reason: 'owner' },
      { type: 'session.login_succeeded', sessionId: mine.sessionId },
      { type: 'session.logged_out', sessionId: out.sessionId },
    ]);
    for (const { type, ...entry } of entries) expect('ip' in entry).toBe(type === 'session.login_succeeded');
  });

  it('tells of an eviction and of a stolen token', async () => {
    const [first, second] = [await signIn(), await signIn()];
    const third = signedIn(await app.api.refresh(second.refreshToken));
    await app.api.refresh(third.refreshToken);
    await app.api.refresh(second.refreshToken);
    for (let more = 0; more < 4; more += 1) await signIn();
    const mine = await signIn();

    const entries = await entriesOf(mine);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'session.evicted', sessionId: first.sessionId }));
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'session.revoked', sessionId: second.sessionId, reason: 'refresh_reuse' }),
    );
  });

  it('goes back 90 days, and to the registration whenever that was', async () => {
    const [old, older] = [await signIn(), await signIn()];
    const age = (sessionId: string, days: number): Promise<unknown> =>
      app.sql.query(
        `UPDATE user_service.sessions SET created_at = created_at - make_interval(days => $2),
                auth_time = auth_time - make_interval(days => $2), expires_at = expires_at - make_interval(days => $2)
          WHERE id = $1`,
        [sessionId, days],
      );
    await age(old.sessionId, 89);
    await age(older.sessionId, 91);
    await app.sql.query(`UPDATE user_service.users SET created_at = created_at - interval '2 years' WHERE id = $1`, [
      old.userId,
    ]);
    const mine = await signIn();

    const entries = await entriesOf(mine);
    expect(entries.map(({ sessionId }) => sessionId)).toContain(old.sessionId);
    expect(entries.map(({ sessionId }) => sessionId)).not.toContain(older.sessionId);
    expect(entries.at(-1)).toMatchObject({ type: 'identity.registered' });
  });

  it.each([1, 2, 5])('comes in pages of %d that nothing new can shift', async (limit) => {
    for (let time = 0; time < 3; time += 1) await app.api.logout((await signIn()).accessToken);
    const mine = await signIn();
    const all = await entriesOf(mine, '?limit=100');
    const seen: Entry[] = [];
    for (let cursor = ''; ;) {
      const { body } = await log(mine, `?limit=${limit}${cursor}`);
      seen.push(...(body['items'] as Entry[]));
      if (body['nextCursor'] === null) break;
      cursor = `&cursor=${body['nextCursor'] as string}`;
      await app.api.logout((await signIn()).accessToken);
    }

    expect(all).toHaveLength(9);
    expect(seen).toEqual(all);
  });

  it.each([
    ['?limit=0', '/query/limit'],
    ['?cursor=x', '/query/cursor'],
    ['?type=session.revoked', '/query/type'],
  ])('refuses %s', async (query, pointer) => {
    expectInvalid(await log(await signIn(), query), pointer);
  });

  it('SE-13 is mine alone', async () => {
    const mine = await signIn();
    const other = await app.api.signedInUser();

    expectUnauthorized(await app.api.get(LOG), 'token_missing');
    expect((await entriesOf(other)).map(({ sessionId }) => sessionId)).not.toContain(mine.sessionId);
    expect(await entriesOf(other)).toHaveLength(3);
  });
});
