import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { expectInvalid, expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DAY_MS = 86_400_000;
const SEOUL_MS = 9 * 3_600_000;

let app: TestApp;

/** The date in Seoul, `years` ago and `days` later; a 29 February that never was is the 28th. */
function seoulDate(years: number, days: number, now = Date.now()): string {
  const today = new Date(now + SEOUL_MS);
  const [year, month, day] = [today.getUTCFullYear() - years, today.getUTCMonth(), today.getUTCDate()];
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month, Math.min(day, lastOfMonth)) + days * DAY_MS).toISOString().slice(0, 10);
}

beforeAll(async () => {
  app = await startTestApp({ MINIMUM_AGE: '14' });
});

afterAll(async () => {
  await app.close();
});

describe('ID-13 Nobody below MINIMUM_AGE registers alone', () => {
  it('a date of birth is required', async () => {
    expectInvalid(await app.api.register(freshEmail()), '/birthDate');
    expectInvalid(await app.api.register(freshEmail(), {}, { headers: { 'accept-language': 'ko' } }), '/birthDate');
  });

  it('the 14th birthday, by the date in Seoul, is old enough; the day before is not', async () => {
    const old = await app.api.register(freshEmail(), { birthDate: seoulDate(14, 0) });
    // Two days, so that a test at midnight is right as well.
    const young = await app.api.register(freshEmail(), { birthDate: seoulDate(14, 2) });

    expect(old.status).toBe(202);
    expectProblem(young, 422, 'under_age');
    const korean = { headers: { 'accept-language': 'ko' } };
    const birthDate = seoulDate(5, 0);
    expectProblem(await app.api.register(freshEmail(), { birthDate }, korean), 422, 'under_age');
  });

  it.each([
    ['2028-02-27', '2014-02-27', '2014-03-01'],
    ['2028-02-28', '2014-02-28', '2014-03-02'],
    ['2028-02-29', '2014-02-28', '2014-03-02'],
    ['2028-03-01', '2014-03-01', '2014-03-03'],
  ])('these tests ask of dates that exist, on %s as well', (today, birthday, young) => {
    const now = Date.parse(`${today}T12:00:00+09:00`);

    expect([seoulDate(14, 0, now), seoulDate(14, 2, now)]).toEqual([birthday, young]);
  });

  it('one that lies ahead, or is no date, is refused', async () => {
    expectProblem(await app.api.register(freshEmail(), { birthDate: seoulDate(-1, 0) }), 422, 'under_age');
    for (const birthDate of ['yesterday', '2001-13-01', '2001-02-29', '2001-1-1', '2001-01-01T00:00:00Z', '']) {
      expectInvalid(await app.api.register(freshEmail(), { birthDate }), '/birthDate');
    }
  });

  it('who is too young leaves nothing behind, and who is not leaves no date', async () => {
    const [young, old, birthDate] = [freshEmail(), freshEmail(), '1987-06-05'];
    const [before] = await app.sql.query<{ n: number }>('SELECT count(*)::integer AS n FROM user_service.users');

    await app.api.register(young, { birthDate: seoulDate(13, 0) });
    await app.api.register(old, { birthDate });

    const [after] = await app.sql.query<{ n: number }>('SELECT count(*)::integer AS n FROM user_service.users');
    expect(after!.n).toBe(before!.n + 1);
    await app.mail(old);
    await app.mailsSent();
    expect(await app.mails(young)).toEqual([]);
    expect(app.logText()).not.toContain(birthDate);
    await app.api.verify((await app.mail(old)).token);
    const { accessToken } = await app.api.signIn(old);
    expect((await app.api.me(accessToken)).text).not.toContain('1987');
  });
});
