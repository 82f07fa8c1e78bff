import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD } from '../support/api-client.js';
import { expectInvalid, expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const KOREAN = { headers: { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.5' } };

let app: TestApp;

/** Of everything that a registration writes. */
function countRows(): Promise<unknown[]> {
  const tables = ['users', 'user_keys', 'one_time_tokens', 'consents', 'outbox'];
  return app.sql.query(
    `SELECT ${tables.map((name) => `(SELECT count(*) FROM user_service.${name}) AS ${name}`).join()}`,
  );
}

/** Everything but the time and the request's own id. */
function comparable(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id'));
}

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

describe('Registration', () => {
  it('answers 202 with one member, and mails a link made of the configured base', async () => {
    const email = freshEmail();

    const answer = await app.api.register(email, {}, { headers: { 'x-forwarded-host': 'evil.example' } });

    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ status: 'verification_pending' });
    const mail = await app.mail(email);
    expect(mail.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(mail.text).toContain(`http://localhost:8000/verify-email?token=${mail.token}`);
    expect(mail.raw).not.toContain('evil.example');
  });

  it('takes every optional field', async () => {
    const email = freshEmail();
    const consents = [
      { purpose: 'terms', version: '2026-01', granted: true },
      { purpose: 'marketing_email', version: '2026-01', granted: false },
    ];

    await app.api.verifiedUser({ displayName: '김민지', locale: 'ko', consents, birthDate: '2001-02-28' }, email);

    const { accessToken } = await app.api.signIn(email);
    expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: '김민지', locale: 'ko', phone: null });
    const stored = await app.sql.query(
      `SELECT purpose, version, granted FROM user_service.consents c JOIN user_service.sessions s USING (user_id)
        ORDER BY granted DESC`,
    );
    expect(stored).toEqual(consents);
  });

  it('writes the mail and keeps the locale in the language of the request, unless another is asked for', async () => {
    const [korean, english] = [freshEmail(), freshEmail()];

    await app.api.register(korean, {}, KOREAN);
    await app.api.register(english, { locale: 'en' }, KOREAN);

    expect(await app.mail(korean)).toMatchObject({ language: 'ko' });
    expect(await app.mail(english)).toMatchObject({ language: 'en' });
  });

  it('refuses in English and in Korean', async () => {
    const inEnglish = await app.api.register('nobody');
    const inKorean = await app.api.register('nobody', {}, KOREAN);

    expectInvalid(inEnglish, '/email');
    expect(inEnglish.headers.get('content-language')).toBe('en');
    expectInvalid(inKorean, '/email');
    expect(inKorean.headers.get('content-language')).toBe('ko');
    expectProblem(await app.api.register(freshEmail(), { password: 'short' }, KOREAN), 422, 'password_rejected', [
      'reasons',
    ]);
  });

  describe('RC-07 of an address that a stranger registers as well', () => {
    const theirs = 'the pre-hijacker waits in vain';

    it.each([
      ['before its owner', ['stranger', 'owner']],
      ['after its owner', ['owner', 'stranger']],
    ])('%s: lets the owner’s link prove what the owner registered, and nothing else', async (_when, order) => {
      const email = freshEmail();
      const links: Record<string, string> = {};
      for (const [n, who] of order.entries()) {
        await app.api.register(email, who === 'owner' ? { displayName: who } : { password: theirs, displayName: who });
        links[who] = (await app.mail(email, n + 1)).token;
      }

      expect((await app.api.verify(links['owner']!)).status).toBe(204);

      expectProblem(await app.api.verify(links['stranger']!), 400, 'token_invalid');
      expectProblem(await app.api.login(email, theirs), 401, 'invalid_credentials');
      const { accessToken } = await app.api.signIn(email);
      expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: 'owner' });
    });

    it('in parallel to its owner: one link wins with its own password, and no two wait for one another', async () => {
      const email = freshEmail();
      await app.api.register(email);
      const { token: ours } = await app.mail(email);
      await app.api.register(email, { password: theirs });
      const links = [ours, (await app.mail(email, 2)).token];

      const answers = await Promise.all(Array.from({ length: 10 }, (_each, n) => app.api.verify(links[n % 2]!)));

      expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(400)]);
      const won = answers.findIndex(({ status }) => status === 204) % 2;
      const logins = await Promise.all([app.api.login(email), app.api.login(email, theirs)]);
      expect(logins.map(({ status }) => status)).toEqual(won === 0 ? [200, 401] : [401, 200]);
    });

    it('over and over: the owner’s first mail stays good, and so does what asking again mails', async () => {
      const email = freshEmail();
      await app.api.register(email, { displayName: 'Owner' });
      const { token } = await app.mail(email);
      for (const n of [1, 2, 3]) await app.api.register(email, { password: `${theirs} ${n}` });
      await app.sql.query(`UPDATE user_service.one_time_tokens SET created_at = created_at - interval '61 minutes'`);
      await app.api.resend(email);

      const again = await app.mail(email, 4);
      expect(again.token).not.toBe(token);
      expect((await app.api.verify(again.token)).status).toBe(204);
      const { accessToken } = await app.api.signIn(email);
      expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: 'Owner' });
    });
  });

  it('mails one unproven address three times an hour at most, and keeps nothing that nobody can prove', async () => {
    const email = freshEmail();
    for (const n of [1, 2, 3]) await app.api.register(email, { displayName: `Try ${n}` });
    const { token } = await app.mail(email, 3);
    const kept = (): Promise<unknown[]> => app.sql.query('SELECT * FROM user_service.one_time_tokens ORDER BY hash');
    const before = await kept();

    const fourth = await app.api.register(email, { displayName: 'Try 4', password: 'another good one 79' });
    const resent = await app.api.resend(email);

    expect([fourth.status, resent.status]).toEqual([202, 202]);
    expect(await kept()).toEqual(before);
    await app.mailsSent();
    expect(await app.mails(email)).toHaveLength(3);
    expect((await app.api.verify(token)).status).toBe(204);
    const { accessToken } = await app.api.signIn(email);
    expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: 'Try 3' });
  });

  it('mails when the sign-up was made, also when it is asked for again', async () => {
    const email = freshEmail();
    await app.api.register(email);
    await app.sql.query(`UPDATE user_service.one_time_tokens SET signed_up_at = '2026-02-03T04:05:06Z'`);
    await app.api.resend(email);

    expect((await app.mail(email, 2)).text).toContain('3 February 2026 at 04:05 (UTC)');
  });

  it('may mail again when the hour is over', async () => {
    const email = freshEmail();
    for (let n = 0; n < 3; n += 1) await app.api.register(email);
    await app.sql.query(`UPDATE user_service.one_time_tokens SET created_at = created_at - interval '61 minutes'`);

    await app.api.resend(email);

    expect((await app.api.verify((await app.mail(email, 4)).token)).status).toBe(204);
  });

  it('answers for a taken address as for a free one, and tells the owner alone, once an hour', async () => {
    const email = await app.api.verifiedUser({ displayName: 'Owner' });

    const free = await app.api.register(freshEmail());
    const taken = await app.api.register(email.toUpperCase(), {
      password: 'another good one 77',
      displayName: 'Thief',
    });
    await app.api.register(email, { password: 'another good one 78' });

    expect(taken.status).toBe(free.status);
    expect(taken.text).toBe(free.text);
    expect(comparable(taken.headers)).toEqual(comparable(free.headers));
    await app.mail(email, 2);
    await app.mailsSent();
    const [, notice, ...more] = await app.mails(email);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ subject: 'You already have an account', token: '' });
    expect(notice?.raw).not.toContain('Thief');
    const { accessToken } = await app.api.signIn(email);
    expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: 'Owner', version: 2 });

    await app.sql.query(`UPDATE user_service.users SET notice_sent_at = notice_sent_at - interval '61 minutes'`);
    await app.api.register(email);
    expect(await app.mail(email, 3)).toMatchObject({ subject: 'You already have an account' });
  });
});

describe('ID-01 Every field is validated on the server', () => {
  const valid = { email: 'somebody@example.com', password: PASSWORD };
  const long = (length: number): string => 'a'.repeat(length);
  const wrong: [string, object, ...string[]][] = [
    ['no field at all', {}, '/email', '/password'],
    ['a missing address', { password: PASSWORD }, '/email'],
    ['a missing password', { email: valid.email }, '/password'],
    ['null for both', { email: null, password: null }, '/email', '/password'],
    ['numbers', { ...valid, email: 7, password: 123456789012 }, '/email', '/password'],
    ['booleans', { ...valid, email: true, password: false }, '/email', '/password'],
    ['arrays', { ...valid, email: ['a@example.com'], password: [PASSWORD] }, '/email', '/password'],
    ['objects', { ...valid, email: { a: 1 }, password: { length: 20 } }, '/email', '/password'],
    ['an endless address', { ...valid, email: `${long(2540)}@example.com` }, '/email'],
    ['a local part of 65', { ...valid, email: `${long(65)}@example.com` }, '/email'],
    ['an endless password', { ...valid, password: long(2560) }, '/password'],
    ['a name as number', { ...valid, displayName: 7 }, '/displayName'],
    ['a name as array', { ...valid, displayName: ['x'] }, '/displayName'],
    ['an empty name', { ...valid, displayName: '' }, '/displayName'],
    ['a blank name', { ...valid, displayName: '   ' }, '/displayName'],
    ['an endless name', { ...valid, displayName: long(1000) }, '/displayName'],
    ['a name of two lines', { ...valid, displayName: 'a\r\nBcc: b@example.com' }, '/displayName'],
    ['a name that turns the text around', { ...valid, displayName: 'a\u202eb' }, '/displayName'],
    ['an unknown locale', { ...valid, locale: 'fr' }, '/locale'],
    ['null for a locale', { ...valid, locale: null }, '/locale'],
    ['a locale as object', { ...valid, locale: {} }, '/locale'],
    ['consents as text', { ...valid, consents: 'all' }, '/consents'],
    ['null for consents', { ...valid, consents: null }, '/consents'],
    ['twice the same purpose', { ...valid, consents: consents(['a', 'a']) }, '/consents'],
    ['too many consents', { ...valid, consents: consents(Array.from('abcdefghijk')) }, '/consents'],
    ['a day that does not exist', { ...valid, birthDate: '2001-02-30' }, '/birthDate'],
    ['a birth date as number', { ...valid, birthDate: 20010228 }, '/birthDate'],
    ['null for a birth date', { ...valid, birthDate: null }, '/birthDate'],
  ];

  function consents(purposes: readonly string[]): object[] {
    return purposes.map((purpose) => ({ purpose, version: '1', granted: true }));
  }

  it.each(wrong)('%s', async (_what, body, ...pointers) => {
    expectInvalid(await app.api.post('/api/v1/auth/register', body), ...pointers);
  });

  it('looks into every consent', async () => {
    const broken = [
      { purpose: 'UPPER', version: '1', granted: true },
      { purpose: 'b', version: 2, granted: 'yes' },
    ];

    const answer = await app.api.post('/api/v1/auth/register', { ...valid, consents: broken });

    expectInvalid(answer, '/consents/0/purpose', '/consents/1/granted', '/consents/1/version');
  });

  it('leaves no row behind but the answer of a key', async () => {
    await app.mailsSent();
    const before = await countRows();

    for (const [n, [, body]] of wrong.entries()) {
      const headers = { 'idempotency-key': `${freshEmail('key')}-${n}` };
      expect((await app.api.post('/api/v1/auth/register', body, { headers })).status).toBe(400);
    }

    expect(await countRows()).toEqual(before);
    const kept = await app.sql.query(
      `SELECT status, count(*)::integer AS n FROM user_service.idempotency_keys GROUP BY 1`,
    );
    expect(kept).toEqual([{ status: 400, n: wrong.length }]);
  });

  it('asks the same of the other public calls', async () => {
    const paths: [string, string][] = [
      ['/api/v1/auth/verify-email', '/token'],
      ['/api/v1/auth/verify-email/resend', '/email'],
      ['/api/v1/auth/refresh', '/refreshToken'],
    ];
    for (const [path, pointer] of paths) {
      for (const value of [undefined, null, 7, ['x'], {}, long(5000)]) {
        expectInvalid(await app.api.post(path, { [pointer.slice(1)]: value }), pointer);
      }
    }
    for (const value of [undefined, null, 7, ['x'], {}, long(5000)]) {
      expectInvalid(await app.api.login(value as string, PASSWORD), '/email');
      expectInvalid(await app.api.post('/api/v1/auth/login', { email: valid.email, password: value }), '/password');
    }
  });
});
