import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD } from '../support/api-client.js';
import { expectInvalid, expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Fifty at once are none too many, however slow the machine: what is tested is the race, not who has to wait too long. */
const PATIENT = {
  PASSWORD_HASH_CONCURRENCY: '50',
  DATABASE_CONNECT_TIMEOUT_MS: '20000',
  DATABASE_LOCK_TIMEOUT_MS: '20000',
  DATABASE_STATEMENT_TIMEOUT_MS: '20000',
};

let app: TestApp;

async function users(): Promise<number> {
  const [row] = await app.sql.query<{ n: number }>('SELECT count(*)::integer AS n FROM user_service.users');
  return row!.n;
}

beforeAll(async () => {
  // One source tries many wrong ones here.
  app = await startTestApp({ ...PATIENT, SIGN_IN_FAILURES: '100' });
  await app.api.verifiedUser({}, 'mike@example.com');
});

afterAll(async () => {
  await app.close();
});

describe('ID-04 One canonical form of an address', () => {
  it.each([
    ['upper case', 'MIKE.CASE@EXAMPLE.COM', 'mike.case@example.com'],
    ['mixed case', 'Mike.Mixed@eXample.cOm', 'mike.mixed@example.com'],
    ['blanks around it', ' \tmike.blank@example.com  ', 'mike.blank@example.com'],
    ['a full-width domain', 'mike.wide@ｅｘａｍｐｌｅ.com', 'mike.wide@example.com'],
    ['an ideographic full stop', 'mike.dot@example。com', 'mike.dot@example.com'],
    ['the Kelvin sign in the domain', 'mike.kelvin@\u212Aorea.example', 'mike.kelvin@korea.example'],
    ['a Hangul domain', 'mike.hangul@한국.example', 'mike.hangul@xn--3e0b707e.example'],
    ['a decomposed Hangul domain', 'mike.nfd@한국.example'.normalize('NFD'), 'mike.nfd@xn--3e0b707e.example'],
    ['an umlaut in the domain', 'mike.umlaut@BÜCHER.example', 'mike.umlaut@xn--bcher-kva.example'],
    ['A-labels in capitals', 'mike.label@XN--BCHER-KVA.example', 'mike.label@xn--bcher-kva.example'],
  ])('%s: one account, and mail to the canonical form alone', async (_what, typed, canonical) => {
    const before = await users();

    const first = await app.api.register(typed, { displayName: 'First' });
    await app.api.verify((await app.mail(canonical)).token);
    const second = await app.api.register(canonical, { displayName: 'Second' });

    expect([first.status, second.status]).toEqual([202, 202]);
    expect(await users()).toBe(before + 1);
    expect(await app.mail(canonical, 2)).toMatchObject({ subject: 'You already have an account' });
    const login = await app.api.login(typed);
    expect(login).toMatchObject({ status: 200, body: { user: { email: canonical, displayName: 'First' } } });
    expect((await app.api.login(canonical)).body['user']).toEqual(login.body['user']);
  });

  it.each([
    ['the Kelvin sign', 'mi\u212Ae@example.com'],
    ['a dotless i', 'mıke@example.com'],
    ['a dotted capital I', 'mİke@example.com'],
    ['a full-width letter', 'ｍike@example.com'],
    ['a long s', 'miſe@example.com'],
    ['a ligature', 'miﬀe@example.com'],
    ['a Cyrillic letter', 'mikе@example.com'],
    ['Hangul', '민지@example.com'],
    ['a combining accent', 'mike\u0301@example.com'],
    ['a full-width @', 'mike＠example.com'],
    ['a small @', 'mike﹫example.com'],
    ['two @', 'mike@evil.example@example.com'],
    ['a full-width @ beside a real one', 'mike＠evil.example@example.com'],
    ['a zero-width space', 'mi\u200bke@example.com'],
    ['a zero-width joiner in the domain', 'mike@exa\u200dmple.com'],
    ['a soft hyphen', 'mi\u00adke@example.com'],
    ['a right-to-left override', 'mike\u202e@example.com'],
    ['a byte order mark', '\ufeffmike@example.com'],
    ['a no-break space', '\u00a0mike@example.com'],
    ['a space inside', 'mi ke@example.com'],
    ['a tab inside', 'mi\tke@example.com'],
    ['a line break', 'mike@example.com\r\nBcc: eve@example.com'],
    ['a comment', 'mike(comment)@example.com'],
    ['a quoted local part', '"mike"@example.com'],
    ['a name in front', 'Mike <mike@example.com>'],
    ['two addresses', 'mike@example.com,eve@example.com'],
    ['a percent escape', 'mike@ex%61mple.com'],
    ['a port', 'mike@example.com:25'],
    ['an address literal', 'mike@[127.0.0.1]'],
    ['no domain', 'mike'],
    ['a domain of one label', 'mike@localhost'],
    ['a dot at the end', 'mike@example.com.'],
    ['a dot at the start', '.mike@example.com'],
    ['two dots', 'mi..ke@example.com'],
    ['a domain that UTS #46 refuses', 'mike@a\u0627.example'],
  ])('refuses %s, also at resend, and signs nobody in by it', async (_what, typed) => {
    const before = await users();

    expectInvalid(await app.api.register(typed), '/email');
    expectInvalid(await app.api.resend(typed), '/email');
    expectProblem(await app.api.login(typed), 401, 'invalid_credentials');

    expect(await users()).toBe(before);
  });

  it('keeps dots and tags apart: what they mean is for the receiving domain to say', async () => {
    const before = await users();

    for (const local of ['a.b', 'ab', 'ab+tag']) await app.api.register(`${local}@dots.example`);

    expect(await users()).toBe(before + 3);
  });
});

describe('ID-05 Mail goes to the stored address', () => {
  it('whatever form was typed when it was sent', async () => {
    const stored = freshEmail('owner');
    await app.api.register(stored);
    await app.mail(stored);

    await app.api.resend(stored.toUpperCase());
    await app.mail(stored, 2);
    await app.api.register(` ${stored.toUpperCase()}`);
    await app.mail(stored, 3);

    const all = await app.mails();
    expect(all.filter(({ to }) => to.toLowerCase() === stored)).toHaveLength(3);
    for (const { to } of all) expect(to).toBe(to.toLowerCase());
  });

  it('and to nobody when the address is unknown or proven already', async () => {
    const [unknown, proven] = [freshEmail(), await app.api.verifiedUser()];

    const answers = [await app.api.resend(unknown), await app.api.resend(proven)];

    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 202, body: { status: 'verification_pending' } });
    }
    await app.mailsSent();
    expect(await app.mails(unknown)).toHaveLength(0);
    expect(await app.mails(proven)).toHaveLength(1);
  });
});

describe('ID-06 An address is unique under a race', () => {
  it('50 parallel registrations: one row, all 202', async () => {
    const email = freshEmail();
    const before = await users();
    const spellings = [email, email.toUpperCase(), ` ${email}`];

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => app.api.register(spellings[n % 3]!, { displayName: `Racer ${n}` })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(202));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"status":"verification_pending"}']));
    expect(await users()).toBe(before + 1);
    await app.mail(email, 3);
    await app.mailsSent();
    const mails = await app.mails(email);
    expect(mails).toHaveLength(3);
    // Mails leave in parallel, so that any of the three can be the newest; it alone works.
    const verified = await Promise.all(mails.map(({ token }) => app.api.verify(token)));
    expect(verified.map(({ status }) => status).sort()).toEqual([204, 400, 400]);
    expect((await app.api.login(email)).status).toBe(200);
  });

  it('50 parallel registrations of a proven address: nothing changes, one notice', async () => {
    const email = await app.api.verifiedUser({ displayName: 'Owner' });
    const before = await users();

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.api.register(email, { password: 'a fair attempt at another one' })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(202));
    expect(await users()).toBe(before);
    await app.mail(email, 2);
    await app.mailsSent();
    expect(await app.mails(email)).toHaveLength(2);
    expect((await app.api.login(email)).body['user']).toMatchObject({ displayName: 'Owner' });
  });
});

describe('ID-12 Idempotency-Key on registration', () => {
  const withKey = (key: string): { headers: Record<string, string> } => ({ headers: { 'idempotency-key': key } });

  it('20 parallel identical posts: one row and one mail; each is the answer or says that it is at work', async () => {
    const [email, key, before] = [freshEmail(), freshEmail('key'), await users()];

    const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.register(email, {}, withKey(key))));

    expect(await users()).toBe(before + 1);
    await app.mailsSent();
    expect(await app.mails(email)).toHaveLength(1);
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    for (const answer of answers.filter(({ status }) => status !== 202)) {
      expectProblem(answer, 409, 'idempotency_in_progress');
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect(accepted.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  });

  it('the same key and body replay the first answer to the byte', async () => {
    const [email, key, before] = [freshEmail(), freshEmail('key'), await users()];
    const first = await app.api.register(email, {}, withKey(key));

    const again = await app.api.register(email, {}, withKey(key));

    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await users()).toBe(before + 1);
    await app.mailsSent();
    expect(await app.mails(email)).toHaveLength(1);
  });

  it('a refusal is replayed too', async () => {
    const [email, key] = [freshEmail(), freshEmail('key')];
    const first = await app.api.register(email, { password: 'password1234' }, withKey(key));

    const again = await app.api.register(email, { password: 'password1234' }, withKey(key));

    expectProblem(first, 422, 'password_rejected', ['reasons']);
    expect([again.status, again.body['code'], again.body['reasons']]).toEqual([
      422,
      'password_rejected',
      first.body['reasons'],
    ]);
  });

  it('the same key with another body is refused', async () => {
    const [email, key] = [freshEmail(), freshEmail('key')];
    await app.api.register(email, {}, withKey(key));

    const other = await app.api.register(email, { displayName: 'Other' }, withKey(key));

    expectProblem(other, 422, 'idempotency_key_reused');
  });

  it('keeps neither the key nor the request in the clear', async () => {
    const [email, key] = [freshEmail(), freshEmail('key')];
    await app.api.register(email, {}, withKey(key));

    const rows = await app.sql.query<{ text: string }>(
      'SELECT row_to_json(k)::text AS text FROM user_service.idempotency_keys k',
    );

    expect(rows.length).toBeGreaterThan(0);
    const stored = rows.map(({ text }) => text).join('\n');
    const plain = [key, email, PASSWORD].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('hex'),
      createHash('sha256').update(secret).digest('hex'),
    ]);
    for (const secret of plain) expect(stored).not.toContain(secret);
  });
});
