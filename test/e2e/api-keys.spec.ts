import { createHash } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { RevokeApiKey } from '#identity';

import type { Answer } from '../support/api-client.js';
import { createApiKey, prefixOf, runCli } from '../support/api-keys.js';
import { problemFaults } from '../support/problem-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const INTROSPECT = '/api/v1/oauth/introspect';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const KEY = /^usk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/;

interface KeyRow {
  readonly id: string;
  readonly prefix: string;
  readonly secret_hash: Buffer;
  readonly scopes: string[];
  readonly days: number;
  readonly created_by: string | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

interface AuditRow {
  readonly type: string;
  readonly payload: { readonly subject?: string; readonly data: Readonly<Record<string, unknown>> };
}

let test: TestApp;

beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

async function rowOf(key: string): Promise<KeyRow> {
  const [row] = await test.sql.query<KeyRow>(
    `SELECT *, extract(epoch FROM expires_at - created_at)::int / 86400 AS days
       FROM user_service.api_keys WHERE prefix = $1`,
    [prefixOf(key)],
  );
  return row!;
}

async function events(type: string): Promise<AuditRow[]> {
  return test.sql.query<AuditRow>(
    `SELECT payload->>'type' AS type, payload FROM user_service.outbox
      WHERE topic = 'audit' AND payload->>'type' = $1 ORDER BY id`,
    [type],
  );
}

function introspect(key: string | undefined, path = INTROSPECT): Promise<Answer> {
  const headers = { ...FORM, ...(key !== undefined && { 'x-api-key': key }) };
  return test.api.call('POST', path, { body: 'token=nothing', headers });
}

describe('An operator', () => {
  it('AK-01 makes a key of which stdout has nothing but the key, and the database nothing but the hash', async () => {
    const made = runCli(test, 'create-api-key', '--name', 'billing', '--scopes', 'tokens:introspect,users:read');
    expect(made.status).toBe(0);
    expect(made.out).toMatch(/^\S+\n$/);
    const key = made.out.trim();
    expect(key).toMatch(KEY);
    expect(made.err).not.toContain(key);

    const { secret_hash: stored, ...row } = await rowOf(key);
    const secret = key.slice(-43);
    expect(stored).toEqual(createHash('sha256').update(secret).digest());
    expect(row).toMatchObject({ scopes: ['tokens:introspect', 'users:read'], days: 90, created_by: null });
    const everything = await test.sql.query('SELECT k::text FROM user_service.api_keys k');
    expect(JSON.stringify([everything, await events('access.api_key_created')])).not.toContain(secret);
    expect(test.logText()).not.toContain(secret);
  });

  it('AK-01 lists keys without anything that proves them', async () => {
    const key = await createApiKey(test, 'users:read');
    const { status, out } = runCli(test, 'list-api-keys');
    expect(status).toBe(0);

    const listed = out.trim().split('\n');
    expect(JSON.parse(listed[0]!)).toMatchObject({ prefix: prefixOf(key), scopes: ['users:read'], revokedAt: null });
    expect(out).not.toContain(key.slice(-43));
    expect(out).not.toMatch(/hash/i);
  });

  it('AK-02 gives a key a life of its own, in whole days', async () => {
    const made = runCli(test, 'create-api-key', '--name', 'n', '--scopes', 'users:read', '--expires-in-days', '7');
    expect((await rowOf(made.out.trim())).days).toBe(7);
  });

  it.each([
    [['create-api-key', '--scopes', 'users:read'], '--name'],
    [['create-api-key', '--name', 'n'], '--scopes'],
    [['create-api-key', '--name', 'n', '--scopes', 'users:write'], 'tokens:introspect, tokens:revoke'],
    [['create-api-key', '--name', 'n', '--scopes', ''], 'scopes'],
    [['create-api-key', '--name', 'n', '--scopes', 'users:read', '--expires-in-days', '366'], '365'],
    [['create-api-key', '--name', 'n', '--scopes', 'users:read', '--expires-in-days', 'soon'], 'days'],
    [['create-api-key', '--name', 'n', '--scopes', 'users:read', '--forever'], '--forever'],
    [['revoke-api-key'], '--id or --prefix'],
    [['revoke-api-key', '--id', 'x'], 'UUID'],
    [['revoke-api-key', '--prefix', 'nobodyhasit2'], 'No such API key'],
    [['list-api-keys', 'all'], 'all'],
  ])('is told what is wrong with %j, and nothing happens', async (args, reason) => {
    const before = await test.sql.query('SELECT 1 FROM user_service.api_keys');
    const { status, out, err } = runCli(test, ...args);

    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(reason);
    expect(await test.sql.query('SELECT 1 FROM user_service.api_keys')).toHaveLength(before.length);
  });

  it('AK-06 leaves an event of the making and of the end of a key, by its id alone', async () => {
    const key = await createApiKey(test, 'users:read');
    const { id } = await rowOf(key);
    expect(runCli(test, 'revoke-api-key', '--id', id)).toMatchObject({ status: 0, out: '' });
    expect(runCli(test, 'revoke-api-key', '--prefix', prefixOf(key)).err).toContain('before');

    const told = [...(await events('access.api_key_created')), ...(await events('access.api_key_revoked'))]
      .map(({ payload }) => payload)
      .filter(({ data }) => (data['details'] as { keyId: string }).keyId === id);
    expect(told).toHaveLength(2);
    for (const payload of told) {
      expect(payload).not.toHaveProperty('subject');
      expect(payload.data).toMatchObject({ outcome: 'success', actor: { type: 'system' } });
      expect(JSON.stringify(payload)).not.toContain(key.slice(-43));
    }
  });
});

describe('A service with an API key', () => {
  let key: string;
  let id: string;

  beforeEach(async () => {
    key = await createApiKey(test, 'tokens:introspect');
    ({ id } = await rowOf(key));
  });

  it('is let in where its key has the scope', async () => {
    expect(await introspect(key)).toMatchObject({ status: 200, body: { active: false } });
  });

  it('AK-03 may hold two live keys at once, and change over without a gap', async () => {
    const next = await createApiKey(test, 'tokens:introspect');
    expect([(await introspect(key)).status, (await introspect(next)).status]).toEqual([200, 200]);
    await test.app.get(RevokeApiKey, { strict: false }).execute({ id });

    await waitFor(async () => (await introspect(key)).status === 401, { timeoutMs: 1_000 });
    expect((await introspect(next)).status).toBe(200);
  });

  it('AK-03 is refused within a second of the end of its key, which this instance hears of from nobody', async () => {
    expect((await introspect(key)).status).toBe(200);
    await test.sql.query('UPDATE user_service.api_keys SET revoked_at = now() WHERE id = $1', [id]);
    const revokedAt = performance.now();

    await waitFor(async () => (await introspect(key)).status === 401, { timeoutMs: 2_000 });
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
  });

  it('AK-02 is refused from the time at which its key expires', async () => {
    await test.sql.query(`UPDATE user_service.api_keys SET expires_at = now() - interval '1 ms' WHERE id = $1`, [id]);

    const answer = await introspect(key);
    expect(problemFaults(answer, { status: 401, code: 'api_key_invalid' })).toEqual([]);
  });

  it('AK-02 is refused where its key lacks the scope', async () => {
    const headers = { ...FORM, 'x-api-key': key };
    const answer = await test.api.call('POST', '/api/v1/oauth/revoke', { body: 'token=x', headers });

    expect(problemFaults(answer, { status: 403, code: 'insufficient_scope' })).toEqual([]);
    expect(answer.body['error']).toBe('unauthorized_client');
  });

  it('has its last use noted, once a minute however often it calls', async () => {
    await Promise.all(Array.from({ length: 20 }, () => introspect(key)));
    const { last_used_at: first } = await waitFor(async () => {
      const row = await rowOf(key);
      return row.last_used_at === null ? undefined : row;
    });
    await Promise.all(Array.from({ length: 20 }, () => introspect(key)));

    expect((await rowOf(key)).last_used_at).toEqual(first);
  });

  it('AK-06 is told of in the audit trail by the id of its key where it is refused', async () => {
    const wrong = `${key.slice(0, -43)}${'A'.repeat(43)}`;
    await Promise.all(Array.from({ length: 25 }, () => introspect(wrong)));
    const rejected = async (): Promise<AuditRow[]> =>
      (await events('access.api_key_rejected')).filter(
        ({ payload: { data } }) => (data['details'] as { keyId?: string }).keyId === id,
      );
    const [event] = await waitFor(async () => {
      const found = await rejected();
      return found.length > 0 ? found : undefined;
    });

    expect(event!.payload.data).toMatchObject({
      outcome: 'failure',
      reason: 'wrong_secret',
      actor: { type: 'anonymous' },
      client: { ip: '127.0.0.0/24' },
      details: { keyId: id, count: 1 },
    });
    // The other 24 are counted, and told of in one event when the minute is over.
    expect(await rejected()).toHaveLength(1);
    expect(JSON.stringify(event)).not.toContain('AAAA');
  });

  it('is named in the request log by the id of its key', async () => {
    const answer = await introspect(key);
    const requestId = answer.headers.get('x-request-id');
    const line = await waitFor(() => test.logs().find((each) => each['requestId'] === requestId && 'route' in each));

    expect(line).toMatchObject({ actorType: 'service', actorId: id });
    expect(test.logText()).not.toContain(key.slice(-43));
  });
});
