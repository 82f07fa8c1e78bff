import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { announceStart } from '../../apps/user-service/src/announce-start.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

interface Told {
  readonly subject: string | null;
  readonly data: Readonly<Record<string, unknown>> & { readonly details?: Readonly<Record<string, unknown>> };
}

let app: TestApp;

beforeAll(async () => {
  // Nobody takes events from it: they stay in the outbox.
  app = await startTestApp();
});
afterAll(() => app.close());

const told = (type: string): Promise<Told[]> =>
  app.sql.query(
    `SELECT payload ->> 'subject' AS subject, payload -> 'data' AS data FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' = $1 ORDER BY position`,
    [type],
  ) as Promise<unknown> as Promise<Told[]>;
const toldAtLeast = (type: string, count: number): Promise<unknown> =>
  waitFor(async () => (await told(type)).length >= count, { what: `${type} ${count} times` });

describe('AU-01 A refusal', () => {
  it('of a token whose session is known and has ended is told of, with the user, the session and why', async () => {
    const { userId, sessionId, accessToken } = await app.api.signedInUser();
    expect((await app.api.call('POST', '/api/v1/auth/logout', { token: accessToken })).status).toBe(204);
    expectProblem(await app.api.me(accessToken), 401, 'session_revoked');
    await toldAtLeast('access.token_rejected', 1);

    expect(await told('access.token_rejected')).toEqual([
      {
        subject: `user/${userId}`,
        data: expect.objectContaining({
          outcome: 'denied',
          reason: 'session_revoked',
          details: { sessionId, count: 1 },
          client: expect.objectContaining({ ip: '127.0.0.0/24' }),
        }),
      },
    ]);
  });

  it('for the rate limit is told of once, and of all others together with their number', async () => {
    const limited = await startTestApp({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '5' }, app);
    const answers = await Promise.all(Array.from({ length: 45 }, () => limited.api.get('/api/v1/users/me')));
    const refused = answers.filter(({ status }) => status === 429).length;
    // The number of a minute that is not over is told at the stop.
    await limited.close();
    const events = await told('access.rate_limited');

    expect(refused).toBeGreaterThanOrEqual(35);
    expect(events.map(({ data }) => data.details?.['count'])).toEqual([1, refused - 1]);
    expect(events[0]?.data).toMatchObject({ outcome: 'denied', actor: { type: 'anonymous' } });
  });
});

describe('The service tells of itself', () => {
  it('that a process began, and that it ended', async () => {
    const other = await startTestApp({}, app);
    announceStart(other.app, { warn: () => undefined });
    await toldAtLeast('system.started', 1);
    expect(await told('system.stopped')).toEqual([]);
    await other.close();

    for (const type of ['system.started', 'system.stopped']) {
      expect(await told(type)).toEqual([
        {
          subject: null,
          data: {
            outcome: 'success',
            actor: { type: 'system' },
            details: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
          },
        },
      ]);
    }
  });

  it('what another key took the place of, once for all processes, by its id alone', async () => {
    const secret = randomBytes(32).toString('base64');
    const keys = { DATA_ENCRYPTION_KEYS: `k2:${secret},${app.env['DATA_ENCRYPTION_KEYS'] ?? ''}` };
    const others = [await startTestApp(keys, app), await startTestApp(keys, app)];
    for (const other of others) announceStart(other.app, { warn: () => undefined });
    await toldAtLeast('system.started', 3);
    await toldAtLeast('system.key_rotated', 1);
    await Promise.all(others.map((other) => other.close()));
    const events = await told('system.key_rotated');

    expect(events.map(({ data }) => data.details)).toEqual([
      { purpose: 'data_encryption', keyId: 'k2', previousKeyId: 'k1' },
    ]);
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('which migrations were applied since the last start, in their order', async () => {
    const applied = await app.sql.query<{ id: string; name: string }>(
      'SELECT m.id::text AS id, name FROM user_service.migrations m ORDER BY m.id',
    );
    await app.sql.query(`UPDATE user_service.audit_facts SET value = $1 WHERE fact = 'migration'`, [
      applied.at(-3)?.id,
    ]);
    const other = await startTestApp({}, app);
    announceStart(other.app, { warn: () => undefined });
    await toldAtLeast('system.migration_applied', 2);
    await other.close();
    const names = applied.map(({ name }) => name);

    // The first start of this file told of the whole schema.
    expect((await told('system.migration_applied')).map(({ data }) => data.details)).toEqual([
      { migrations: names },
      { migrations: names.slice(-2) },
    ]);
  });
});
