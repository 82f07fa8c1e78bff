import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RefreshTokenPartitions } from '../../libs/session/src/infrastructure/persistence/refresh-token-partitions.postgres.js';
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

  it('are made and dropped without holding up others behind a long reader', async () => {
    const limits = await app.sql.query(
      `SELECT proconfig::text LIKE '%lock_timeout=200ms%' AS short FROM pg_proc
        WHERE proname LIKE '%refresh_token_partitions'`,
    );

    expect(limits).toEqual([{ short: true }, { short: true }]);
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

  describe('SE-17 go as a whole once they are old', () => {
    const DAY_MS = 86_400_000;
    const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

    /** Makes the week in which `end` is, as it was made when it lay ahead. */
    async function makeWeekOf(end: Date): Promise<void> {
      const monday = new Date(Math.floor((end.getTime() - 4 * DAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + 4 * DAY_MS);
      const next = new Date(monday.getTime() + 7 * DAY_MS);
      // The present week is there.
      if (next > daysFromNow(0)) return;
      await app.sql.query(
        `CREATE TABLE IF NOT EXISTS user_service."refresh_tokens_old_${String(monday.getTime())}"
           PARTITION OF user_service.refresh_tokens
           FOR VALUES FROM ('${monday.toISOString()}') TO ('${next.toISOString()}')`,
      );
    }
    async function addToken(sessionId: string, generation: number, expiresAt: Date): Promise<Buffer> {
      const hash = randomBytes(32);
      await app.sql.query(
        `INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at, used_at)
         VALUES ($1, $2, $3, $4, $4, $4)`,
        [hash, sessionId, generation, expiresAt],
      );
      return hash;
    }
    const drop = (): Promise<number> => app.app.get(RefreshTokenPartitions, { strict: false }).drop();

    it('and young ones stay, with every token whose session can still live', async () => {
      const { sessionId, refreshToken } = await app.api.signedInUser();
      const [old, young] = [daysFromNow(-21), daysFromNow(-6)];
      for (const end of [old, young]) await makeWeekOf(end);
      const [oldHash, youngHash] = [await addToken(sessionId, 8, old), await addToken(sessionId, 9, young)];

      expect(await drop()).toBe(1);

      expect(await placeOf(oldHash)).toBeUndefined();
      expect(await placeOf(youngHash)).toBeDefined();
      expect(await drop()).toBe(0);
      const second = await app.api.refresh(refreshToken);
      expect(second.status).toBe(200);
    });

    it('and a token that was spent is known for as long as its session can live', async () => {
      const { sessionId, refreshToken } = await app.api.signedInUser();
      const next = async (token: string): Promise<string> =>
        (await app.api.refresh(token)).body['refreshToken'] as string;
      await next(await next(refreshToken));
      // All but a minute of the 30 days is over.
      await app.sql.query(`UPDATE user_service.sessions SET expires_at = now() + interval '1 minute' WHERE id = $1`, [
        sessionId,
      ]);
      await app.sql.query(
        `UPDATE user_service.refresh_tokens SET expires_at = now() + interval '1 minute' WHERE session_id = $1`,
        [sessionId],
      );

      await drop();

      const answer = await app.api.refresh(refreshToken);
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status: 401, code: 'refresh_reused' });
    });

    it('from every instance at once, each week by one', async () => {
      const { sessionId } = await app.api.signedInUser();
      await makeWeekOf(daysFromNow(-28));
      await addToken(sessionId, 7, daysFromNow(-28));
      const beside = await startTestApp({}, app);
      try {
        const other = beside.app.get(RefreshTokenPartitions, { strict: false });
        const dropped = await Promise.all([drop(), other.drop(), drop(), other.drop()]);

        // The other instance may have done it already, as it started.
        expect(dropped.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(1);
        const left = await app.sql.query(
          'SELECT 1 FROM user_service.refresh_tokens WHERE expires_at < now() - $1::interval',
          ['20 days'],
        );
        expect(left).toEqual([]);
      } finally {
        await beside.close();
      }
    });
  });
});
