import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { expectInvalid, expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Code points of a text that no list knows and that repeats nothing. */
function passphrase(length: number): string {
  const words = Array.from({ length: 80 }, (_, n) => ((n + 3) * 7919).toString(36)).join(' zwölf ');
  return [...words].slice(0, length).join('');
}

let app: TestApp;

async function statusOf(password: string, more: object = {}): Promise<number> {
  return (await app.api.register(freshEmail(), { password, ...more })).status;
}

beforeAll(async () => {
  // One source tries many wrong ones here.
  app = await startTestApp({ SIGN_IN_FAILURES: '100' });
});

afterAll(async () => {
  await app.close();
});

describe('PW-01 Passwords are hashed with Argon2id', () => {
  it('of at least 19456 KiB and 2 passes, with a salt of 16 bytes of its own', async () => {
    await Promise.all([1, 2, 3].map(() => app.api.register(freshEmail())));

    const rows = await app.sql.query<{ hash: string }>('SELECT password_hash AS hash FROM user_service.users');
    const salts = rows.map(({ hash }) => {
      // In the order of the PHC string format, so that other implementations can read it.
      const [, m, t, p, salt = ''] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$[^$]+$/.exec(hash) ?? [];
      expect([Number(m) >= 19_456, Number(t) >= 2, Number(p) >= 1]).toEqual([true, true, true]);
      expect(Buffer.from(salt, 'base64').length).toBeGreaterThanOrEqual(16);
      return salt;
    });
    expect(salts.length).toBeGreaterThanOrEqual(3);
    expect(new Set(salts).size).toBe(salts.length);
  });
});

describe('PW-02 Length of a password', () => {
  it('11 code points are too few: 422 with the reason', async () => {
    const answer = await app.api.register(freshEmail(), { password: passphrase(11) });

    expectProblem(answer, 422, 'password_rejected', ['reasons']);
    expect(answer.body['reasons']).toContain('too_short');
  });

  it.each([12, 64, 256])('%d are enough, and count whole', async (length) => {
    const [email, password] = [freshEmail(), passphrase(length)];
    await app.api.register(email, { password });
    await app.api.verify((await app.mail(email)).token);

    expect((await app.api.login(email, password)).status).toBe(200);
    expectProblem(await app.api.login(email, [...password].slice(0, -1).join('')), 401, 'invalid_credentials');
  });

  it('257 are too many: 400 in less than 50 ms, without a hash', async () => {
    await app.api.register(freshEmail(), { password: passphrase(257) });
    const started = performance.now();

    const answer = await app.api.register(freshEmail(), { password: passphrase(257) });

    expect(performance.now() - started).toBeLessThan(50);
    expectInvalid(answer, '/password');
  });

  it('counts code points, and bytes up to 1 KiB', async () => {
    const emoji = Array.from('🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧');

    expect(emoji).toHaveLength(12);
    expect(await statusOf(emoji.join(''))).toBe(202);
    expectProblem(
      await app.api.register(freshEmail(), { password: emoji.slice(1).join('') }),
      422,
      'password_rejected',
      ['reasons'],
    );
    expect(await statusOf(emoji.join('').repeat(30).slice(0, 512))).toBe(202); // 256 code points, 1024 bytes
    expectInvalid(await app.api.register(freshEmail(), { password: '한'.repeat(342) }), '/password');
  });
});

describe('PW-03 No rules of composition', () => {
  it.each([
    ['words and spaces', 'correct horse battery stapler'],
    ['lower case alone', 'qzmwtrpaonyexbl'],
    ['Hangul', '겨울바다에서주운조개껍데기'],
    ['emoji', '🦊 spielt 🎻 im 🏔️'],
    ['spaces at both ends', '  two lonely blanks  '],
    ['right-to-left text', 'שלום לכל הדגים בים'],
  ])('%s', async (_what, password) => {
    expect(await statusOf(password)).toBe(202);
  });
});

describe('PW-04 A password is verified exactly', () => {
  it('no trimming, no folding, no truncation', async () => {
    const password = ` ${passphrase(98)}Z`;
    expect([...password]).toHaveLength(100);
    const email = freshEmail();
    await app.api.register(email, { password });
    await app.api.verify((await app.mail(email)).token);

    const near = [
      [...password].slice(0, 72).join(''),
      [...password].slice(0, 99).join(''),
      password.trim(),
      `${password} `,
      password.toLowerCase(),
      password.toUpperCase(),
      `${password}\u0000`,
    ];

    for (const wrong of near) expect((await app.api.login(email, wrong)).status).toBeGreaterThanOrEqual(400);
    expect((await app.api.login(email, password)).status).toBe(200);
  });
});

describe('PW-05 A password may be composed or decomposed', () => {
  it.each([
    ['Hangul', '가을하늘공활한데높고구름없이'],
    ['accents', 'Fête à l’Hôtel Café Zoë'],
  ])('%s', async (_what, text) => {
    const forms = [text.normalize('NFC'), text.normalize('NFD')] as const;
    expect(forms[0]).not.toBe(forms[1]);

    for (const [set, used] of [forms, [...forms].reverse()] as [string, string][]) {
      const email = freshEmail();
      await app.api.register(email, { password: set });
      await app.api.verify((await app.mail(email)).token);

      expect((await app.api.login(email, used)).status).toBe(200);
      expect((await app.api.login(email, set)).status).toBe(200);
    }
  });

  it('fits either way when it is long, at registration and at sign-in', async () => {
    const syllables = Array.from({ length: 120 }, (_each, n) => String.fromCodePoint(0xac01 + n * 87)).join('');
    expect([...syllables.normalize('NFD')].length).toBeGreaterThan(256);
    const email = await app.api.verifiedUser({ password: syllables });

    expect((await app.api.login(email, syllables.normalize('NFD'))).status).toBe(200);
    expect(await statusOf(syllables.normalize('NFD'))).toBe(202);
  });

  it('is as long either way', async () => {
    const eleven = '가을하늘공활한데높고구';
    expect(Array.from(eleven)).toHaveLength(11);

    for (const form of ['NFC', 'NFD'] as const) {
      const answer = await app.api.register(freshEmail(), { password: eleven.normalize(form) });
      expect(answer).toMatchObject({ status: 422, body: { reasons: ['too_short'] } });
    }
  });

  it('but compatibility forms stay different', async () => {
    const email = await app.api.verifiedUser({ password: 'ﬁfteen ﬂuffy ﬀ ligatures' });

    expectProblem(await app.api.login(email, 'fifteen fluffy ff ligatures'), 401, 'invalid_credentials');
    expect((await app.api.login(email, 'ﬁfteen ﬂuffy ﬀ ligatures')).status).toBe(200);
  });
});

describe('PW-06 Guessable passwords are refused, with the reason', () => {
  it.each([
    ['a common one', 'password1234', 'common'],
    ['a common one in disguise', 'P@ssw0rd2026!', 'common'],
    ['one from a breach', '123456789012', 'breached'],
    ['the name of the service', 'userservice2026', 'common'],
    ['Korean for "password"', '비밀번호비밀번호1234', 'common'],
    ['a walk over the keyboard', 'qwertyuiop[]', 'common'],
    ['one letter', 'a'.repeat(20), 'common'],
  ])('%s', async (_what, password, reason) => {
    const answer = await app.api.register(freshEmail(), { password });

    expectProblem(answer, 422, 'password_rejected', ['reasons']);
    expect(answer.body['reasons']).toContain(reason);
  });

  it.each([
    ['the local part', { email: 'gangnam.unicorn@example.com', password: 'gangnam.unicorn2026' }],
    ['the display name', { email: 'a77@example.com', displayName: '이순신장군님', password: '이순신장군님20261225' }],
    [
      'name and address together',
      { email: 'mustermann@example.com', displayName: 'Erika', password: 'erikamustermann1' },
    ],
  ])('%s of its owner', async (_what, body) => {
    const answer = await app.api.post('/api/v1/auth/register', body);

    expectProblem(answer, 422, 'password_rejected', ['reasons']);
    expect(answer.body['reasons']).toContain('contains_own_data');
    expect(answer.text).not.toContain(body.password);
  });

  it('makes no row and sends no mail', async () => {
    const email = freshEmail();
    await app.api.register(email, { password: 'password1234' });

    expectProblem(await app.api.login(email, 'password1234'), 401, 'invalid_credentials');
    await app.mailsSent();
    expect(await app.mails(email)).toEqual([]);
  });
});
