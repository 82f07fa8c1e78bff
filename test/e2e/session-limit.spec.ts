import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { signedIn, type SignedIn } from '../support/api-client.js';
import { expectProblem, expectTokens, expectUnauthorized } from '../support/expectations.js';
import { auditTypes, endReason, MovedClock } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const LIVE = 'SELECT id FROM user_service.sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()';

let app: TestApp;
let beside: TestApp;
let clock: MovedClock;

beforeAll(async () => {
  app = await startTestApp();
  beside = await startTestApp({}, app);
  clock = new MovedClock(app, beside);
});
beforeEach(() => {
  clock.setAhead(0);
});
afterAll(async () => {
  await beside.close();
  await app.close();
});

async function liveSessions(userId: string): Promise<string[]> {
  return (await app.sql.query<{ id: string }>(LIVE, [userId])).map(({ id }) => id);
}

/** As a client that comes again when the service has no time for it. */
async function signInPatiently({ api }: TestApp, email: string): Promise<SignedIn> {
  const answer = await waitFor(
    async () => {
      const latest = await api.login(email);
      return latest.status === 503 ? undefined : latest;
    },
    { timeoutMs: 20_000, what: 'an answer other than 503' },
  );
  expectTokens(answer);
  return signedIn(answer);
}

/** One session after the other, a second apart. */
async function openMany(email: string, count: number): Promise<SignedIn[]> {
  const opened: SignedIn[] = [];
  for (let n = 1; n <= count; n += 1) {
    clock.setAhead(n);
    opened.push(await app.api.signIn(email, undefined, { deviceName: `Phone ${String(n)}` }));
  }
  return opened;
}

describe('SE-09 At most five sessions', () => {
  it('20 parallel sign-ins over two instances: five live ones at any instant, and all 20 succeed', async () => {
    const { email, userId } = await app.api.signedInUser();
    const seen: number[] = [];
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) seen.push((await liveSessions(userId)).length);
    };
    const watched = watch();

    const all = await Promise.all(
      Array.from({ length: 20 }, (_each, index) => signInPatiently(index % 2 === 0 ? app : beside, email)),
    );
    over.abort();
    await watched;

    expect(Math.max(...seen)).toBe(5);
    const live = await liveSessions(userId);
    expect(live).toHaveLength(5);
    for (const session of all) {
      const alive = live.includes(session.sessionId);
      const status = async (): Promise<boolean> =>
        (await app.api.me(session.accessToken)).status === (alive ? 200 : 401);
      await waitFor(status, { timeoutMs: 1_000, what: `${session.sessionId} to be ${alive ? 'alive' : 'dead'}` });
    }
    const evicted = await app.sql.query(
      `SELECT 1 FROM user_service.outbox WHERE payload ->> 'type' = 'session.evicted' AND payload ->> 'subject' = $1`,
      [`user/${userId}`],
    );
    expect(evicted).toHaveLength(16);
  });

  it('the least recently used one goes first, as this instance saw it', async () => {
    const email = await app.api.verifiedUser();
    const [first, second, ...rest] = await openMany(email, 5);
    clock.setAhead(10);
    expect((await app.api.me(first!.accessToken)).status).toBe(200);
    clock.setAhead(11);

    const sixth = await app.api.signIn(email);

    expectUnauthorized(await app.api.me(second!.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(second!.refreshToken), 401, 'refresh_invalid');
    for (const { accessToken } of [first!, ...rest, sixth]) {
      expect((await app.api.me(accessToken)).status).toBe(200);
    }
  });

  it('a refresh on another instance counts as use', async () => {
    const email = await app.api.verifiedUser();
    const [first, second] = await openMany(email, 5);
    clock.setAhead(10);
    expectTokens(await beside.api.refresh(first!.refreshToken));

    await app.api.signIn(email);

    expect(await endReason(app, first!.sessionId)).toBeNull();
    expect(await endReason(app, second!.sessionId)).toBe('evicted');
  });

  it('the evicted one is refused by both instances, on record, and its owner is told which one it was', async () => {
    const email = await app.api.verifiedUser({ locale: 'ko' });
    const [first] = await openMany(email, 5);
    expect((await beside.api.me(first!.accessToken)).status).toBe(200);
    await app.mailsSent();
    const before = (await app.mails(email)).length;

    await app.api.signIn(email);

    expectUnauthorized(await app.api.me(first!.accessToken), 'session_revoked');
    await waitFor(async () => (await beside.api.me(first!.accessToken)).status === 401, { timeoutMs: 1_000 });
    expectUnauthorized(await beside.api.me(first!.accessToken), 'session_revoked');
    expect(await auditTypes(app, first!.sessionId)).toEqual(['session.login_succeeded', 'session.evicted']);
    await app.mail(email, before + 1);
    await app.mailsSent();
    // In whatever order: two instances send them, and their clocks are moved.
    const mails = await app.mails(email);
    expect(mails).toHaveLength(before + 1);
    const told = mails.filter(({ text }) => text.includes('로그아웃된 기기: Phone 1'));
    expect(told).toMatchObject([{ language: 'ko' }]);
  });

  it('another limit holds as exactly', async () => {
    const strict = await startTestApp({ MAX_CONCURRENT_SESSIONS: '1' }, app);
    try {
      const email = await app.api.verifiedUser();
      const answers = await Promise.all(Array.from({ length: 5 }, () => strict.api.login(email)));

      for (const answer of answers) expectTokens(answer);
      expect(await liveSessions(signedIn(answers[0]!).userId)).toHaveLength(1);
    } finally {
      await strict.close();
    }
  });
});
