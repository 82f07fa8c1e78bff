import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type Answer } from '../support/api-client.js';
import { expectInvalid } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const CONSENT = { purpose: 'terms', version: '1', granted: true };

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const register = (...consents: readonly object[]): Promise<Answer> => app.api.register(freshEmail(), { consents });

describe('A consent', () => {
  it.each([
    ['purpose', ['marketing_email', 'terms', 'third-party.ads', 'age14', 'a']],
    ['version', ['2026-01', '2026-01-15', '1', 'v2', '1.0', '2.10.3']],
  ])('has a %s that names a text', async (member, values) => {
    for (const value of values) {
      expect([value, (await register({ ...CONSENT, [member]: value })).status]).toEqual([value, 202]);
    }
  });

  it.each([
    ['purpose', ['tel.01012345678', 'rrn-900101-1234567', 'a1b2c3d4', 'kim@example', 'kim minji', '', 'x'.repeat(65)]],
    ['version', ['01012345678', '9001011234567', '010-1234-5678', 'kim.minji', '1234.56', '2026-1', '']],
  ])('ID-14 has no %s with room for a number of somebody', async (member, values) => {
    for (const value of values) expectInvalid(await register({ ...CONSENT, [member]: value }), `/consents/0/${member}`);
  });

  it('comes with nine others at most', async () => {
    const consents = Array.from('abcdefghijk', (purpose) => ({ ...CONSENT, purpose }));

    expect((await register(...consents.slice(1))).status).toBe(202);
    expectInvalid(await register(...consents), '/consents');
  });

  it('of a stranger is in no table in the clear, and not in the audit trail, while nobody proves the address', async () => {
    await register({ ...CONSENT, purpose: 'canary.purpose' });

    const rows = await app.sql.query<{ row: string }>(
      `SELECT row_to_json(t)::text AS row FROM user_service.one_time_tokens t
        UNION ALL SELECT row_to_json(o)::text FROM user_service.outbox o WHERE topic = 'audit'`,
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const { row } of rows) expect(row).not.toContain('canary');
    expect(await app.sql.query('SELECT 1 FROM user_service.consents')).toEqual([]);
  });
});
