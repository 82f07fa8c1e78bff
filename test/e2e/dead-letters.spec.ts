import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import ajvFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { FileEventSpool } from '#platform/outbox';

import { createApiKey } from '../support/api-keys.js';
import type { Answer } from '../support/api-client.js';
import { AuditStub } from '../support/audit-stub.js';
import { expectProblem } from '../support/expectations.js';
import { enrolledUser, PATIENT, type Enrolled } from '../support/mfa.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const PATH = '/api/v1/admin/audit/dead-letters';
const NOBODY = '01938a6e-7a30-7f60-b3c4-d5e6f7081920';

interface Letter {
  readonly id: string;
  readonly eventId: string;
}

let stub: AuditStub;
let app: TestApp;
let admin: Enrolled;
let letters: Letter[];

const list = (query = '', token = admin.accessToken): Promise<Answer> => app.api.get(`${PATH}${query}`, { token });
const retry = (id: string, token = admin.accessToken): Promise<Answer> =>
  app.api.call('POST', `${PATH}/${id}/retry`, { token });
const told = (type: string) => stub.events.filter((event) => event.type === type);

beforeAll(async () => {
  stub = await AuditStub.start();
  app = await startTestApp({ ...PATIENT, AUDIT_SERVICE_URL: stub.url, MFA_REQUIRED_ROLES: 'admin' });
  admin = await enrolledUser(app);
  await app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
    admin.userId,
  ]);
  await waitFor(async () => (await list()).status === 200, { what: 'the role to count' });
  // Refuses one in seven, for good.
  await stub.become('reject');
  await app.sql.query(
    `WITH ids AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 70))
     INSERT INTO user_service.outbox (id, topic, lane, payload)
     SELECT id, 'audit', 3, jsonb_build_object(
              'specversion', '1.0', 'id', id, 'source', '/user-service', 'type', 'session.refreshed',
              'subject', 'user/' || id, 'time', '2026-01-01T00:00:00.000Z', 'datacontenttype', 'application/json',
              'dataschema', 'http://localhost:8000/schemas/audit/v1',
              'data', '{"outcome":"success","actor":{"type":"system"}}'::jsonb) FROM ids`,
  );
  const left = `SELECT 1 FROM user_service.outbox WHERE topic = 'audit' LIMIT 1`;
  await waitFor(async () => (await app.sql.query(left)).length === 0, { what: 'an empty outbox', timeoutMs: 30_000 });
  await stub.become('ok');
  letters = await app.sql.query<Letter>(
    `SELECT id, event_id AS "eventId" FROM user_service.outbox_dead_letters WHERE payload ->> 'type' = 'session.refreshed'
      ORDER BY id`,
  );
});
afterAll(async () => {
  await app.close();
  await stub.close();
});

describe('AU-06 An administrator with a second factor', () => {
  it('sees the events that the Audit Service refused, page by page, oldest first', async () => {
    expect(letters.length).toBeGreaterThan(1);
    const seen: Letter[] = [];
    let cursor: unknown = undefined;
    do {
      const page = await list(`?limit=1${typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      expect(page.status).toBe(200);
      expect(page.headers.get('cache-control')).toContain('no-store');
      seen.push(...(page.body['items'] as Letter[]));
      cursor = page.body['nextCursor'];
    } while (cursor !== null);

    const ids = new Set(letters.map(({ id }) => id));
    expect(seen.filter(({ id }) => ids.has(id)).map(({ id }) => id)).toEqual(letters.map(({ id }) => id));
    expect(seen.find(({ id }) => id === letters[0]?.id)).toEqual({
      id: letters[0]?.id,
      eventId: letters[0]?.eventId,
      type: 'session.refreshed',
      code: 'not_wanted',
      detail: 'by the stub',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      attempts: 1,
    });
    for (const query of ['?limit=0', '?limit=101', '?cursor=nonsense']) {
      expectProblem(await list(query), 400, 'validation_failed', ['errors']);
    }
  });

  it('has one sent again as it was, which leaves its own event with who, when, from where, whom and what', async () => {
    const [{ id, eventId } = { id: '', eventId: '' }] = letters;
    expect(stub.events.some((event) => event.id === eventId)).toBe(false);

    expect((await retry(id)).status).toBe(204);
    await waitFor(() => stub.events.some((event) => event.id === eventId), { what: 'the event' });
    await waitFor(() => told('system.dead_letter_retried').length === 1, { what: 'the trace' });

    expect(told('system.dead_letter_retried')[0]?.data).toMatchObject({
      outcome: 'success',
      actor: { id: admin.userId, sessionId: admin.sessionId },
      client: { ip: '127.0.0.0/24' },
      details: { deadLetterId: id, eventId, eventType: 'session.refreshed', code: 'not_wanted' },
    });
    expect(stub.report().violations).toEqual([]);
    expectProblem(await retry(id), 404, 'not_found');
    expectProblem(await retry(NOBODY), 404, 'not_found');
  });

  it('is asked for a fresh proof first, and nobody else is let in', async () => {
    const [, { id } = { id: '' }] = letters;
    const user = await app.api.signedInUser();
    expectProblem(await list('', user.accessToken), 403, 'forbidden');
    expectProblem(await retry(id, user.accessToken), 403, 'forbidden');
    await app.sql.query(`UPDATE user_service.sessions SET auth_time = now() - interval '6 minutes' WHERE id = $1`, [
      admin.sessionId,
    ]);
    const { body } = await app.api.refresh(admin.refreshToken);

    expectProblem(await retry(id, String(body['accessToken'])), 403, 'reauthentication_required');
    expect((await list('', String(body['accessToken']))).status).toBe(200);
    expect(await app.sql.query('SELECT 1 FROM user_service.outbox_dead_letters WHERE id = $1', [id])).toHaveLength(1);
  });
});

describe('AU-02 The schema of events', () => {
  it('is served where every event says it is, to everybody, and holds of what was sent', async () => {
    const [event] = stub.events;
    const { pathname } = new URL(event!.dataschema);
    const answer = await fetch(`${app.url}${pathname}`);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/schema+json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const schema = (await answer.json()) as Record<string, unknown>;
    expect(schema['$id']).toBe(event!.dataschema);
    const ajv = new Ajv2020({ strict: false });
    ajvFormats.default(ajv);
    const validate = ajv.compile(schema);
    for (const sent of stub.events) expect([validate(sent), validate.errors]).toEqual([true, null]);
    expect(validate({ ...event, hash: undefined })).toBe(false);
  });
});

describe('AU-12 What an administrator does with somebody', () => {
  it('leaves who, when, from where, of whom and what for: changes and mere looks alike', async () => {
    const somebody = await enrolledUser(app);
    const path = `/api/v1/admin/users/${somebody.userId}/reset-mfa`;
    const token = admin.accessToken;
    const call = (method: string): Promise<Answer> => app.api.call(method, path, { token });
    expect((await call('GET')).status).toBe(404);
    expect((await call('POST')).status).toBe(202);
    expect((await call('GET')).status).toBe(200);
    expect((await call('DELETE')).status).toBe(204);
    const records = () =>
      stub.events.filter(
        ({ subject, data }) => subject === `user/${somebody.userId}` && data.actor.id === admin.userId,
      );
    await waitFor(() => records().length >= 3, { what: 'the records' });

    expect(records().map(({ type, data }) => [type, data.details?.['task']])).toEqual([
      ['mfa.reset_requested', undefined],
      // What was not there has shown nothing.
      ['access.admin.user_viewed', 'GET /api/v1/admin/users/:id/reset-mfa'],
      ['mfa.reset_stopped', undefined],
    ]);
    for (const { time, data } of records()) {
      expect(data.actor).toMatchObject({ id: admin.userId, sessionId: admin.sessionId });
      expect(data.client?.ip).toBe('127.0.0.0/24');
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    }
  });

  it('is not shown where it cannot be recorded', async () => {
    const somebody = await enrolledUser(app);
    const path = `/api/v1/admin/users/${somebody.userId}/reset-mfa`;
    const token = admin.accessToken;
    expect((await app.api.call('POST', path, { token })).status).toBe(202);
    // Neither the outbox nor the spool takes it.
    jest.spyOn(app.app.get(FileEventSpool, { strict: false }), 'keep').mockRejectedValue(new Error('full'));
    await app.sql.query('REVOKE INSERT ON user_service.outbox FROM CURRENT_USER');
    const answer = await app.api.get(path, { token });
    await app.sql.query('GRANT INSERT ON user_service.outbox TO CURRENT_USER');
    jest.restoreAllMocks();

    expectProblem(answer, 503, 'dependency_unavailable');
  });
});

describe('A key that is not meant for introspection', () => {
  it('is refused, and that somebody asked with it is told', async () => {
    const key = await createApiKey(app, 'tokens:revoke');
    const answer = await app.api.call('POST', '/api/v1/oauth/introspect', {
      headers: { 'x-api-key': key, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'token=abc',
    });
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
    await waitFor(() => told('access.token_introspection_denied').length === 1, { what: 'the event' });

    expect(told('access.token_introspection_denied')[0]?.data).toMatchObject({
      outcome: 'denied',
      reason: 'insufficient_scope',
      details: { count: 1 },
    });
  });
});
