import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn, type SignedIn } from '../support/api-client.js';
import { expectProblem, expectUnauthorized } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import { auditTypes, endReason, lastSeenAt, MovedClock } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const MINUTE = 60;
const DAY = 86_400;
const REMEMBERED = { rememberMe: true };

let app: TestApp;
let beside: TestApp;
let email: string;
let clock: MovedClock;

beforeAll(async () => {
  // So long that the idle limit comes first.
  app = await startTestApp({ ACCESS_TOKEN_EXPIRE_MINUTES: '120', MAX_CONCURRENT_SESSIONS: '50' });
  beside = await startTestApp({}, app);
  clock = new MovedClock(app, beside);
  email = await app.api.verifiedUser();
});
afterAll(async () => {
  await beside.close();
  await app.close();
});

/** The session as it is when it is opened; the clock goes back to the present first. */
async function open(more: object = {}): Promise<SignedIn> {
  clock.setAhead(0);
  return app.api.signIn(email, undefined, more);
}

describe('SE-07 A session that nobody uses', () => {
  it('is alive after 29:59, for access and for refresh', async () => {
    const [one, other] = [await open(), await open()];
    clock.setAhead(30 * MINUTE - 1);

    expect((await app.api.me(one.accessToken)).status).toBe(200);
    expect((await beside.api.refresh(other.refreshToken)).status).toBe(200);
  });

  it('is over after 31:00, which access and refresh say on both instances', async () => {
    const { accessToken, refreshToken, sessionId } = await open();
    clock.setAhead(31 * MINUTE);

    expectUnauthorized(await app.api.me(accessToken), 'session_idle_timeout');
    expectUnauthorized(await beside.api.me(accessToken), 'session_idle_timeout');
    expectProblem(await app.api.refresh(refreshToken), 401, 'session_idle_timeout');
    expectUnauthorized(await app.api.me(accessToken, { 'accept-language': 'ko' }), 'session_idle_timeout');
    expect(await endReason(app, sessionId)).toBe('idle');
    const types = await auditTypes(app, sessionId);
    expect(types.filter((type) => type === 'session.idle_expired')).toHaveLength(1);
  });

  it('is over after 31:00 when the first to come is a refresh', async () => {
    const { accessToken, refreshToken, sessionId } = await open();
    clock.setAhead(31 * MINUTE);

    expectProblem(await app.api.refresh(refreshToken), 401, 'session_idle_timeout');
    expectUnauthorized(await app.api.me(accessToken), 'session_idle_timeout');
    expect(await auditTypes(app, sessionId)).toContain('session.refresh_rejected');
  });

  it('stays over when the clock is set back', async () => {
    const { accessToken, refreshToken } = await open();
    clock.setAhead(31 * MINUTE);
    expectUnauthorized(await app.api.me(accessToken), 'session_idle_timeout');
    clock.setAhead(0);

    expectUnauthorized(await app.api.me(accessToken), 'session_idle_timeout');
    expectProblem(await app.api.refresh(refreshToken), 401, 'session_idle_timeout');
  });

  it('is ended once, however many come at the same time to find it', async () => {
    const { accessToken, sessionId } = await open();
    clock.setAhead(31 * MINUTE);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_each, index) => (index % 2 === 0 ? app : beside).api.me(accessToken)),
    );

    for (const answer of answers) expectUnauthorized(answer, 'session_idle_timeout');
    const types = await auditTypes(app, sessionId);
    expect(types.filter((type) => type === 'session.idle_expired')).toHaveLength(1);
  });

  it('lives as long as somebody comes every ten minutes, to whichever instance', async () => {
    const { accessToken, sessionId } = await open();
    for (let minutes = 10; minutes <= 60; minutes += 10) {
      clock.setAhead(minutes * MINUTE);
      const { api } = minutes % 20 === 0 ? app : beside;
      expect((await api.me(accessToken)).status).toBe(200);
      // In ten minutes the note of it is long there.
      await waitFor(async () => (await lastSeenAt(app, sessionId)) > clock.now - MINUTE * 1_000);
    }

    clock.setAhead(91 * MINUTE);
    expectUnauthorized(await app.api.me(accessToken), 'session_idle_timeout');
  });

  it('lives as long as it is refreshed', async () => {
    let { refreshToken } = await open();
    for (let minutes = 29; minutes <= 100; minutes += 29) {
      clock.setAhead(minutes * MINUTE);
      refreshToken = signedIn(await app.api.refresh(refreshToken)).refreshToken;
    }

    expect(refreshToken).toMatch(/^usr_/);
  });

  it('with rememberMe has no limit but the 30 days', async () => {
    const one = await open(REMEMBERED);
    clock.setAhead(100 * MINUTE);
    expect((await app.api.me(one.accessToken)).status).toBe(200);

    clock.setAhead(29 * DAY);
    expect((await app.api.refresh(one.refreshToken)).status).toBe(200);
  });
});

describe('SE-08 Activity', () => {
  it('is written once in 60 seconds for each session, under load and over two instances', async () => {
    const { accessToken, sessionId } = await open();
    // A trigger counts, because two writes of the same minute would look like one.
    await app.sql.query(`CREATE TABLE IF NOT EXISTS public.activity_writes (session_id uuid)`);
    await app.sql.query(`
      CREATE OR REPLACE FUNCTION public.count_activity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN INSERT INTO public.activity_writes VALUES (NEW.id); RETURN NULL; END $$`);
    await app.sql.query(`
      CREATE OR REPLACE TRIGGER count_activity AFTER UPDATE OF last_seen_at ON user_service.sessions
      FOR EACH ROW EXECUTE FUNCTION public.count_activity()`);
    const writes = async (): Promise<number> =>
      (await app.sql.query('SELECT 1 FROM public.activity_writes WHERE session_id = $1', [sessionId])).length;
    const load = async (): Promise<void> => {
      const calls = Array.from({ length: 100 }, (_each, index) => (index % 2 === 0 ? app : beside).api.me(accessToken));
      for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    };

    await load();
    expect(await writes()).toBe(0);
    for (const minute of [1, 2]) {
      clock.setAhead(minute * MINUTE + minute);
      await load();
      await waitFor(async () => (await writes()) === minute, { what: `write ${String(minute)}` });
      clock.setAhead(minute * MINUTE + minute + 50);
      await load();
    }
    // Whatever else would be written has been by the time that another session's note is.
    const other = await app.api.signIn(email);
    clock.setAhead(4 * MINUTE);
    for (const { api } of [app, beside]) expect((await api.me(other.accessToken)).status).toBe(200);
    await waitFor(async () => (await lastSeenAt(app, other.sessionId)) > clock.now - MINUTE * 1_000);

    expect(await writes()).toBe(2);
  });

  it('never makes the limit longer than 60 seconds: over between 30:00 and 31:00', async () => {
    const { accessToken } = await open();
    // Used within the first minute: too early for a note.
    clock.setAhead(59);
    expect((await app.api.me(accessToken)).status).toBe(200);

    // 30:00 after that use, so it must still be alive …
    clock.setAhead(59 + 30 * MINUTE - 1);
    expect((await beside.api.me(accessToken)).status).toBe(200);
    const { accessToken: next } = await open();
    clock.setAhead(59);
    expect((await app.api.me(next)).status).toBe(200);
    // … and 31:00 after it, it is over.
    clock.setAhead(59 + 31 * MINUTE);
    expectUnauthorized(await app.api.me(next), 'session_idle_timeout');
  });
});

describe('SE-06 30 days from the sign-in', () => {
  it('are not moved by a refresh at day 29, and over to the second', async () => {
    const first = await open(REMEMBERED);
    const opened = Number(decodeJwt(first.accessToken).claims['iat']);
    clock.setAhead(29 * DAY);

    const answer = await app.api.refresh(first.refreshToken);

    expectADayLeft(answer.body['refreshExpiresIn']);
    const second = signedIn(answer);
    clock.setAhead(30 * DAY - 30);
    const third = signedIn(await beside.api.refresh(second.refreshToken));
    expect(decodeJwt(third.accessToken).claims['auth_time']).toBe(opened);
    clock.setAhead(30 * DAY + 1);
    expectUnauthorized(await app.api.me(third.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(third.refreshToken), 401, 'refresh_invalid');
    expectProblem(await beside.api.refresh(first.refreshToken), 401, 'refresh_invalid');
    expect(await endReason(app, first.sessionId)).toBeNull();
  });

  function expectADayLeft(left: unknown): void {
    expect(Number(left)).toBeLessThanOrEqual(DAY);
    expect(Number(left)).toBeGreaterThan(DAY - MINUTE);
  }
});
