import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PASSWORD, type Answer } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { BEHIND_THE_TEST, expectThrottled, freshSource, Guesses, statuses } from '../support/guesses.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let people: Guesses;

beforeAll(async () => {
  app = await startTestApp({ ...BEHIND_THE_TEST });
  people = new Guesses(app);
});
afterAll(() => app.close());

describe('LG-03 The owner of an account that somebody else attacks', () => {
  it('gets in from the same network on a known device, while the attack goes on', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = await people.known(email, source);

    const [attack, owner] = await Promise.all([
      Promise.all(Array.from({ length: 30 }, () => people.wrong(email, source))),
      people.signIn(email, PASSWORD, source, device),
    ]);

    expect(statuses(attack)).toEqual({ 401: 5, 429: 25 });
    expect(owner.status).toBe(200);
    expectThrottled(await people.signIn(email, PASSWORD, source));
    expect((await people.signIn(email, PASSWORD, source, device)).status).toBe(200);
  });

  it('keeps the device for as long as it is used, and gets the same token back', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = await people.known(email, source);
    expect(device).toMatch(/^usd_[A-Za-z0-9_-]{43}$/);

    const again = await people.signIn(email, PASSWORD, source, device);

    expect(again.headers.get('x-device-token')).toBe(device);
    const [row] = await app.sql.query<{ days: number; n: number }>(
      `SELECT count(*)::integer AS n, round(max(extract(epoch FROM expires_at - last_seen_at)) / 86400)::integer AS days
         FROM user_service.devices WHERE user_id = (SELECT user_id FROM user_service.sessions WHERE id = $1)`,
      [again.body['sessionId']],
    );
    expect(row).toEqual({ n: 1, days: 180 });
  });

  it('is limited on the own device as well, which others cannot use up', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = await people.known(email, source);
    for (let n = 0; n < 5; n += 1) {
      expectProblem(await people.wrong(email, freshSource(), device), 401, 'invalid_credentials');
    }

    expectThrottled(await people.signIn(email, PASSWORD, freshSource(), device));
    expect((await people.signIn(email, PASSWORD, freshSource())).status).toBe(200);
  });

  it.each([
    ['of another user', async (): Promise<string> => people.known(await app.api.verifiedUser(), freshSource())],
    ['that was made up', async (): Promise<string> => Promise.resolve(`usd_${'A'.repeat(43)}`)],
    ['that is none', async (): Promise<string> => Promise.resolve('x'.repeat(4_000))],
  ])('is not attacked more often with a device token %s', async (_whose, token) => {
    const [email, source, device] = [await app.api.verifiedUser(), freshSource(), await token()];
    for (let n = 0; n < 5; n += 1) expectProblem(await people.wrong(email, source, device), 401, 'invalid_credentials');

    expectThrottled(await people.wrong(email, source, device));
    expectThrottled(await people.wrong(email, source));
  });

  it('is not attacked more often with a token that has expired', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = await people.known(email, source);
    await app.sql.query(`UPDATE user_service.devices SET expires_at = now() - interval '1 second'`);
    await people.fail(5, email, source);

    expectThrottled(await people.signIn(email, PASSWORD, source, device));
  });

  it('is not locked out by failures before the password was changed', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const { accessToken } = await app.api.signIn(email);
    await people.fail(5, email, source);
    const next = { currentPassword: PASSWORD, newPassword: 'neun Zwetschgen im Korb 43' };
    expect((await app.api.post('/api/v1/users/me/password', next, { token: accessToken })).status).toBe(204);

    expect((await people.signIn(email, next.newPassword, source)).status).toBe(200);
  });
});

describe('PW-14 A wrong present password', () => {
  const paths = [
    ['at the change of the password', '/api/v1/users/me/password', 422, 'current_password_wrong'],
    ['at a new authentication', '/api/v1/auth/reauthenticate', 401, 'invalid_credentials'],
  ] as const;

  it.each(paths)('%s counts as a failed sign-in', async (_where, path, status, code) => {
    const email = await app.api.verifiedUser();
    const { accessToken, userId } = await app.api.signIn(email);
    const source = freshSource();
    const attempt = (password: string): Promise<Answer> => {
      const change = { currentPassword: password, newPassword: 'neun Zwetschgen im Korb 43' };
      const body = path.endsWith('password') ? change : { password };
      return app.api.post(path, body, { token: accessToken, headers: { 'x-forwarded-for': source } });
    };
    for (let n = 0; n < 5; n += 1) expectProblem(await attempt(`wrong ${n}`), status, code);

    expectThrottled(await attempt(PASSWORD));
    expectThrottled(await people.signIn(email, PASSWORD, source));
    expect((await app.api.me(accessToken)).status).toBe(200);
    expect((await people.signIn(email, PASSWORD, freshSource())).status).toBe(200);
    expect((await people.eventsOf(userId)).filter(({ reason }) => reason === 'throttled')).toEqual([
      { type: 'session.reauthentication_failed', reason: 'throttled' },
    ]);
  });

  it('is asked of a live session whatever others fail at its address', async () => {
    const email = await app.api.verifiedUser();
    const source = freshSource();
    const { accessToken } = await app.api.signIn(email);
    await people.fail(5, email, source);

    const path = '/api/v1/auth/reauthenticate';
    const headers = { 'x-forwarded-for': source };
    expect((await app.api.post(path, { password: PASSWORD }, { token: accessToken, headers })).status).toBe(200);
  });
});
