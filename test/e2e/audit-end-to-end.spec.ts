import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

import { auditEventJsonSchema, type LaneReport, type SealedAuditEvent } from '#platform/audit-chain';

import { freshEmail, PASSWORD } from '../support/api-client.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let audit: TestAuditService;
let service: TestApp;

async function received(query = ''): Promise<SealedAuditEvent[]> {
  return (await audit.get(`/api/v1/events?limit=500${query}`)).body['items'] as SealedAuditEvent[];
}

/** Everything that was committed until now has been confirmed. */
async function delivered(): Promise<void> {
  const left = `SELECT 1 FROM user_service.outbox WHERE topic = 'audit'`;
  await waitFor(async () => (await service.sql.query(left)).length === 0, {
    what: 'the outbox to be empty',
    timeoutMs: 30_000,
  });
}

async function lanes(): Promise<{ chainOk: boolean; items: LaneReport[] }> {
  return (await audit.post('/api/v1/lanes/verify')).body as unknown as { chainOk: boolean; items: LaneReport[] };
}

describe('From a change to its proof', () => {
  let userId: string;

  beforeAll(async () => {
    audit = await startAuditService();
    service = await startTestApp({ AUDIT_SERVICE_URL: audit.url, AUDIT_SERVICE_API_KEY: audit.key });
    const email = await service.api.verifiedUser();
    await service.api.login(email, 'not the password at all');
    const { body } = await service.api.login(email);
    userId = (body['user'] as { id: string }).id;
    const token = String(body['accessToken']);
    await service.api.refresh(String(body['refreshToken']));
    await service.api.call('POST', '/api/v1/auth/logout', { token });
    await delivered();
  });

  afterAll(async () => {
    await service.close();
    await audit.close();
  });

  it('AU-11 brings the events of a user in their order', async () => {
    const events = await received(`&subject=user/${userId}`);

    expect(events.map(({ type }) => type)).toEqual([
      'identity.registered',
      'identity.email_verified',
      'session.login_failed',
      'session.login_succeeded',
      'session.refreshed',
      'session.logged_out',
    ]);
    expect(new Set(events.map(({ lane }) => lane)).size).toBe(1);
  });

  it('AU-02 brings CloudEvents 1.0 as the schema has them', async () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const validate = ajv.compile(auditEventJsonSchema('https://id.example.com/schemas/audit/v1'));
    const events = await received();
    expect(events.length).toBeGreaterThanOrEqual(6);
    for (const event of events) {
      expect([validate(event), validate.errors]).toEqual([true, null]);
      expect(event).toMatchObject({ specversion: '1.0', source: '/user-service', datacontenttype: 'application/json' });
      expect(new Date(event.time).toISOString()).toBe(event.time);
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(64 * 1024);
    }
  });

  it('holds no address, no secret and no token', async () => {
    const text = JSON.stringify(await received());

    expect(text).not.toContain('@example.com');
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toMatch(/usr_|eyJ|127\.0\.0\.1/);
  });

  it('AU-04 AU-11 leaves nothing out and nothing behind: as many as there were, in chains that are whole', async () => {
    await Promise.all(Array.from({ length: 20 }, () => service.api.register(freshEmail())));
    await delivered();

    const { chainOk, items } = await lanes();

    expect(chainOk).toBe(true);
    expect(items.flatMap(({ gaps }) => gaps)).toEqual([]);
    const heads = await service.sql.query<{ lane: number; sequence: string }>(
      'SELECT lane, sequence FROM user_service.outbox_lanes WHERE sequence > 0 ORDER BY lane',
    );
    expect(heads.map(({ lane, sequence }) => [lane, Number(sequence)])).toEqual(
      items.map(({ lane, lastSequence }) => [lane, Number(lastSequence)]),
    );
    expect((await received('&type=identity.registered')).length).toBe(21);
  });

  it('AU-10 names the position of an event that a superuser alters afterwards', async () => {
    const [event] = await received(`&subject=user/${userId}&type=session.login_failed`);
    await audit.superuser.query('ALTER TABLE audit.events DISABLE TRIGGER append_only');
    await audit.superuser.query('UPDATE audit.events SET event = $1 WHERE id = $2', [
      { ...event, type: 'session.login_succeeded' },
      event!.id,
    ]);

    const { chainOk, items } = await lanes();

    expect(chainOk).toBe(false);
    expect(items.filter((lane) => !lane.chainOk).map(({ firstFault }) => firstFault)).toEqual([
      { kind: 'altered', lane: event!.lane, sequence: event!.sequence, eventId: event!.id },
    ]);
  });
});
