import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ME = '/api/v1/users/me';

let app: TestApp;
let attacker: SignedIn;
let victim: SignedIn & { readonly email: string };

beforeAll(async () => {
  app = await startTestApp();
  attacker = await app.api.signedInUser({ displayName: 'Attacker' });
  victim = await app.api.signedInUser({ displayName: 'Victim' });
});
afterAll(() => app.close());

const row = (userId: string) => app.sql.query('SELECT * FROM user_service.users WHERE id = $1', [userId]);

describe('ID-07 Another user', () => {
  it('is not to be read under any name for their id', async () => {
    const { userId, sessionId, email } = victim;
    const names = ['id', 'userId', 'user_id', 'sub', 'uid', 'sessionId', 'email'];
    const values: Record<string, string> = { sessionId, email };
    for (const name of names) {
      const value = encodeURIComponent(values[name] ?? userId);
      const answer = await app.api.get(`${ME}?${name}=${value}`, { token: attacker.accessToken });
      expect([answer.status, answer.body['id']]).toEqual([200, attacker.userId]);
    }
    const headers = { 'x-user-id': userId, 'x-session-id': sessionId, cookie: `sid=${sessionId}; userId=${userId}` };
    expect((await app.api.me(attacker.accessToken, headers)).body['id']).toBe(attacker.userId);
    for (const path of [`/api/v1/users/${userId}`, `${ME}/${userId}`, `${ME}/../${userId}`, '/api/v1/users']) {
      expect((await app.api.get(path, { token: attacker.accessToken })).status).toBe(404);
    }
  });

  it('is not to be changed, and nobody promotes themselves', async () => {
    const before = [await row(victim.userId), await row(attacker.userId)];
    const fields = {
      id: victim.userId,
      userId: victim.userId,
      email: victim.email,
      emailVerified: true,
      roles: ['admin'],
      role: 'admin',
      status: 'disabled',
      version: 99,
      passwordHash: 'x',
      securityEpoch: 0,
      createdAt: '2000-01-01T00:00:00Z',
    };
    for (const [name, value] of Object.entries(fields)) {
      const answer = await app.api.patchMe(attacker.accessToken, { displayName: 'Changed', [name]: value });
      expect([name, answer.status]).toEqual([name, 400]);
      expect(answer.body['errors']).toMatchObject([{ pointer: `/${name}`, code: 'unknown_field' }]);
    }
    expect([await row(victim.userId), await row(attacker.userId)]).toEqual(before);
  });

  it('has entity tags of their own, at the same version too', async () => {
    const [mine, theirs] = await Promise.all([app.api.me(attacker.accessToken), app.api.me(victim.accessToken)]);
    expect(mine.body['version']).toBe(theirs.body['version']);
    const tag = theirs.headers.get('etag') ?? '';
    expect(tag).not.toBe(mine.headers.get('etag'));
    const read = await app.api.me(attacker.accessToken, { 'if-none-match': tag });
    expect([read.status, read.body['id']]).toEqual([200, attacker.userId]);
    const changed = await app.api.patchMe(attacker.accessToken, { displayName: 'Mine' }, { 'if-match': tag });
    expectProblem(changed, 412, 'precondition_failed');
  });

  it('stays signed in when somebody else signs out in their name', async () => {
    const other = await app.api.signedInUser();
    const named = { sessionId: victim.sessionId, refreshToken: victim.refreshToken };
    await app.api.post(`/api/v1/auth/logout?sessionId=${victim.sessionId}`, named, { token: other.accessToken });
    await app.api.logout(other.accessToken);
    expect((await app.api.me(victim.accessToken)).status).toBe(200);
    expect((await app.api.me(other.accessToken)).status).toBe(401);
  });

  it('is not to be seen through a key of idempotency that both use', async () => {
    const headers = { 'idempotency-key': 'shared-key' };
    const first = await app.api.register('first@example.com', { displayName: 'First' }, { headers });
    const second = await app.api.register('second@example.com', { displayName: 'Second' }, { headers });
    expect([first.status, second.status, second.body['code']]).toEqual([202, 422, 'idempotency_key_reused']);
    expect(second.text).not.toContain('irst');
  });
});
