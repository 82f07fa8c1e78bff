import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';

import type { SignedIn } from '../support/api-client.js';
import { runCli } from '../support/api-keys.js';
import { expectProblem, expectUnauthorized } from '../support/expectations.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let redis: TestRedis;
let app: TestApp;
let lone: TestApp;

beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({ REDIS_URL: redis.url });
  lone = await startTestApp();
});

afterAll(async () => {
  await lone.close();
  await app.close();
  await redis.stop();
});

async function reasonsOf(service: TestApp, { userId }: SignedIn): Promise<unknown[]> {
  const rows = await service.sql.query<{ revoke_reason: string | null }>(
    'SELECT revoke_reason FROM user_service.sessions WHERE user_id = $1',
    [userId],
  );
  return rows.map(({ revoke_reason: reason }) => reason);
}

async function expectRefused({ api }: TestApp, { accessToken, refreshToken }: SignedIn): Promise<void> {
  await waitFor(async () => (await api.me(accessToken)).status === 401, { timeoutMs: 1_000 });
  expectUnauthorized(await api.me(accessToken), 'session_revoked');
  expectProblem(await api.refresh(refreshToken), 401, 'refresh_invalid');
}

describe('SE-12 An operator ends sessions', () => {
  it('of one user, by id or address, and nobody else notices', async () => {
    const [first, other] = [await app.api.signedInUser(), await app.api.signedInUser()];
    const second = await app.api.signIn(first.email);
    for (const { accessToken } of [first, second, other]) expect((await app.api.me(accessToken)).status).toBe(200);

    expect(runCli(app, 'revoke-sessions', '--user', first.userId)).toEqual({ status: 0, out: '2\n', err: '' });
    await expectRefused(app, first);
    await expectRefused(app, second);
    expect((await app.api.me(other.accessToken)).status).toBe(200);
    expect(runCli(app, 'revoke-sessions', '--user', first.userId.toUpperCase()).out).toBe('0\n');

    const third = await app.api.signIn(first.email);
    expect(runCli(app, 'revoke-sessions', '--email', first.email).out).toBe('1\n');
    await expectRefused(app, third);
    expect(await reasonsOf(app, first)).toEqual(['operator', 'operator', 'operator']);
  });

  it('as the act of the system, each with its event', async () => {
    const user = await app.api.signedInUser();
    runCli(app, 'revoke-sessions', '--user', user.userId);

    const events = await app.sql.query(
      `SELECT payload -> 'subject' AS subject, payload -> 'data' AS data FROM user_service.outbox
        WHERE topic = 'audit' AND payload ->> 'type' = 'session.revoked' AND payload::text LIKE '%' || $1 || '%'`,
      [user.sessionId],
    );
    expect(events).toEqual([
      {
        subject: `user/${user.userId}`,
        data: {
          outcome: 'success',
          actor: { type: 'system' },
          details: { sessionId: user.sessionId, reason: 'operator' },
        },
      },
    ]);
  });

  it('and tells all instances of it before the command is over', async () => {
    const users = [await app.api.signedInUser(), await app.api.signedInUser()];
    const heard: string[] = [];
    const listener = new Client(redis.url);
    try {
      listener.on('message', (_channel, message: string) => heard.push(message));
      await listener.subscribe('us:session-ended');
      for (const { userId } of users) expect(runCli(app, 'revoke-sessions', '--user', userId).out).toBe('1\n');

      const told = users.map(({ sessionId }) => sessionId);
      await waitFor(() => told.every((id) => heard.includes(id)), { timeoutMs: 2_000, what: 'both messages' });
    } finally {
      listener.disconnect();
    }
  });

  it('without Redis as well', async () => {
    const user = await lone.api.signedInUser();
    expect((await lone.api.me(user.accessToken)).status).toBe(200);

    expect(runCli(lone, 'revoke-sessions', '--user', user.userId).out).toBe('1\n');
    await expectRefused(lone, user);
  });

  it('of everybody, once that is confirmed', async () => {
    const users = [await lone.api.signedInUser(), await lone.api.signedInUser(), await lone.api.signedInUser()];
    await lone.api.logout(users[0]!.accessToken);
    const unsure = runCli(lone, 'revoke-sessions', '--all');
    expect([unsure.status, unsure.out]).toEqual([1, '']);
    expect(unsure.err).toContain('--yes');
    expect((await lone.api.me(users[1]!.accessToken)).status).toBe(200);

    expect(runCli(lone, 'revoke-sessions', '--all', '--yes')).toEqual({ status: 0, out: '2\n', err: '' });
    await expectRefused(lone, users[1]!);
    await expectRefused(lone, users[2]!);
    expect(await reasonsOf(lone, users[0]!)).toEqual(['logout']);
    expect(runCli(lone, 'revoke-sessions', '--all', '--yes').out).toBe('0\n');
    expect((await lone.api.login(users[1]!.email)).status).toBe(200);
  });

  it.each([
    [[], 'either --user, --email or --all'],
    [['--user', randomUUID(), '--all', '--yes'], 'either --user, --email or --all'],
    [['--user', 'x'], 'UUID'],
    [['--user', randomUUID()], 'No such user'],
    [['--email', 'nobody@example.com'], 'No such user'],
    [['--email', 'nobody'], 'Not an e-mail address'],
    [['--session', 'x'], '--session'],
  ])('and is told what is wrong with %j', (args, reason) => {
    const { status, out, err } = runCli(lone, 'revoke-sessions', ...args);

    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(reason);
    expect(err).not.toContain('    at ');
  });
});
