import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('The partitions of refresh tokens', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const placeOf = async (hash: Buffer): Promise<unknown> => {
    const [row] = await app.sql.query(
      'SELECT tableoid::regclass::text AS place FROM user_service.refresh_tokens WHERE token_hash = $1',
      [hash],
    );
    return row?.['place'];
  };
  const prepare = async (until: string): Promise<unknown> => {
    const [row] = await app.sql.query('SELECT user_service.ensure_refresh_token_partitions($1) AS made', [until]);
    return row?.['made'];
  };

  it('give a new token a table of its week', async () => {
    await app.api.signedInUser();

    const places = await app.sql.query(
      'SELECT DISTINCT tableoid::regclass::text AS place FROM user_service.refresh_tokens',
    );

    expect(places).toEqual([{ place: expect.stringMatching(/refresh_tokens_\d{4}w\d{2}$/) }]);
  });

  it('take over what lay further ahead than anybody had prepared', async () => {
    const { sessionId } = await app.api.signedInUser();
    const hash = randomBytes(32);
    await app.sql.query(
      `INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
       VALUES ($1, $2, 2, now(), now() + interval '300 days')`,
      [hash, sessionId],
    );
    expect(await placeOf(hash)).toMatch(/refresh_tokens_default$/);
    const far = new Date(Date.now() + 310 * 86_400_000).toISOString();

    expect(await prepare(far)).toBeGreaterThan(20);

    expect(await placeOf(hash)).toMatch(/refresh_tokens_\d{4}w\d{2}$/);
    expect(await prepare(far)).toBe(0);
  });

  it('still belong to their session, and go with it', async () => {
    const { sessionId } = await app.api.signedInUser();

    await app.sql.query('DELETE FROM user_service.sessions WHERE id = $1', [sessionId]);

    const left = await app.sql.query('SELECT 1 FROM user_service.refresh_tokens WHERE session_id = $1', [sessionId]);
    expect(left).toEqual([]);
  });
});
