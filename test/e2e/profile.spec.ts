import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Answer, SignedIn } from '../support/api-client.js';
import {
  expectInvalid,
  expectMembers,
  expectProblem,
  expectUnauthorized,
  PROFILE_MEMBERS,
  UUID_V7,
} from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let user: SignedIn & { readonly email: string };

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

beforeEach(async () => {
  user = await app.api.signedInUser({ displayName: 'Kim Minji' });
});

function expectProfile(answer: Answer): void {
  expect(answer.status).toBe(200);
  expectMembers(answer.body, PROFILE_MEMBERS);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('etag')).toMatch(/^"[\w-]{16}"$/);
}

describe('ID-08 A profile has the listed members and no other', () => {
  it('when it is read', async () => {
    const answer = await app.api.me(user.accessToken);

    expectProfile(answer);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(answer.body).toEqual({
      id: expect.stringMatching(UUID_V7),
      email: user.email,
      emailVerified: true,
      displayName: 'Kim Minji',
      locale: 'en',
      phone: null,
      roles: ['user'],
      mfaEnabled: false,
      status: 'active',
      createdAt: time,
      updatedAt: time,
      version: 2,
    });
  });

  it('when it is changed', async () => {
    const changed = await app.api.patchMe(user.accessToken, {
      displayName: '김민지',
      locale: 'ko',
      phone: '+821012345678',
    });

    expectProfile(changed);
    expect(changed.body).toMatchObject({ displayName: '김민지', locale: 'ko', phone: '+821012345678', version: 3 });
    const read = await app.api.me(user.accessToken);
    expect(read.body).toEqual(changed.body);
    expect(read.headers.get('etag')).toBe(changed.headers.get('etag'));
  });
});

describe('PATCH /users/me', () => {
  it('clears what is null and leaves what is absent', async () => {
    await app.api.patchMe(user.accessToken, { phone: '+821012345678' });

    const cleared = await app.api.patchMe(user.accessToken, { displayName: null });

    expect(cleared.body).toMatchObject({ displayName: null, phone: '+821012345678', locale: 'en', version: 4 });
  });

  it('changes no version when nothing differs, and writes no event', async () => {
    const before = await app.api.me(user.accessToken);

    const same = await app.api.patchMe(user.accessToken, { displayName: 'Kim Minji' });
    const nothing = await app.api.patchMe(user.accessToken, {});

    expect([same.body, nothing.body]).toEqual([before.body, before.body]);
    const events = await app.sql.query(
      `SELECT 1 FROM user_service.outbox WHERE payload ->> 'type' = 'identity.profile_updated'
          AND payload ->> 'subject' = $1`,
      [`user/${user.userId}`],
    );
    expect(events).toEqual([]);
  });

  it.each([
    ['/displayName', ['', ' ', 'a'.repeat(101), 'a\nb', 7, {}, []]],
    ['/locale', ['fr', '', null, 7]],
    ['/phone', ['010-1234-5678', '+0123456789', '+82', `+${'1'.repeat(16)}`, 821012345678, '', {}]],
  ])('refuses wrong values of %s', async (pointer, values) => {
    for (const value of values) {
      expectInvalid(await app.api.patchMe(user.accessToken, { [pointer.slice(1)]: value }), pointer);
    }
    const korean = await app.api.patchMe(user.accessToken, { [pointer.slice(1)]: 7 }, { 'accept-language': 'ko' });
    expectInvalid(korean, pointer);
    expect((await app.api.me(user.accessToken)).body).toMatchObject({ version: 2 });
  });

  it('takes an object and nothing else', async () => {
    for (const body of ['[]', '"x"', '7', 'null']) {
      expectProblem(await app.api.patchMe(user.accessToken, body), 400, 'validation_failed', ['errors']);
    }
    expectProblem(await app.api.patchMe(user.accessToken, '{"displayName":'), 400, 'malformed_json');
  });
});

describe('Caching of /users/me', () => {
  it('a known entity tag is answered 304 without a body', async () => {
    const etag = (await app.api.me(user.accessToken)).headers.get('etag')!;

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await app.api.me(user.accessToken, { 'if-none-match': known });
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 304, text: '' });
      expect(answer.headers.get('etag')).toBe(etag);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expectProfile(await app.api.me(user.accessToken, { 'if-none-match': '"v1"' }));
  });

  it('a 304 needs a valid token, too', async () => {
    expectUnauthorized(await app.api.get('/api/v1/users/me', { headers: { 'if-none-match': '*' } }), 'token_missing');
  });
});

describe('ID-16 No update is lost', () => {
  it('a change of an older version is refused', async () => {
    const etag = (await app.api.me(user.accessToken)).headers.get('etag')!;
    await app.api.patchMe(user.accessToken, { displayName: 'First' }, { 'if-match': etag });

    const { etag: now } = Object.fromEntries((await app.api.me(user.accessToken)).headers);
    expect(now).not.toBe(etag);
    for (const stale of [etag, `W/${now}`, '"v999"', 'nonsense', '']) {
      const answer = await app.api.patchMe(user.accessToken, { displayName: 'Late' }, { 'if-match': stale });
      expectProblem(answer, 412, 'precondition_failed');
      expect(answer.headers.get('etag')).toBeNull();
    }
    const korean = { 'if-match': etag, 'accept-language': 'ko' };
    expectProblem(await app.api.patchMe(user.accessToken, { displayName: 'Late' }, korean), 412, 'precondition_failed');
    const anyVersion = await app.api.patchMe(user.accessToken, { displayName: 'Any' }, { 'if-match': '*' });
    expect(anyVersion.body).toMatchObject({ displayName: 'Any', version: 4 });
  });

  it('of two parallel changes of one version, one succeeds', async () => {
    const etag = (await app.api.me(user.accessToken)).headers.get('etag')!;
    const names = Array.from({ length: 8 }, (_, n) => `Racer ${n}`);

    const answers = await Promise.all(
      names.map((displayName) => app.api.patchMe(user.accessToken, { displayName }, { 'if-match': etag })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(412)]);
    const winner = answers.find(({ status }) => status === 200)!;
    expect((await app.api.me(user.accessToken)).body).toEqual(winner.body);
  });

  it('parallel changes without a condition all count', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => app.api.patchMe(user.accessToken, { displayName: `Racer ${n}` })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await app.api.me(user.accessToken)).body).toMatchObject({ version: 10 });
    expect(new Set(answers.map(({ body }) => body['version'])).size).toBe(8);
  });
});

describe('ID-07 Users reach their own record only', () => {
  it("another user's id answers like one that does not exist, for every method", async () => {
    const other = await app.api.signedInUser();

    for (const suffix of ['', '/sessions', '/password', '/mfa', '/export']) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const [known, unknown] = await Promise.all(
          [other.userId, randomUUID()].map((id) =>
            app.api.call(method, `/api/v1/users/${id}${suffix}`, { token: user.accessToken }),
          ),
        );
        expectProblem(known!, 404, 'not_found');
        expectProblem(unknown!, 404, 'not_found');
        expect({ ...known!.body, instance: '' }).toEqual({ ...unknown!.body, instance: '' });
      }
    }
    expect((await app.api.me(other.accessToken)).body).toMatchObject({ id: other.userId, version: 2 });
  });

  it('"me" is whoever the token names, whatever else is said', async () => {
    const other = await app.api.signedInUser();
    const claim = { 'x-user-id': other.userId, 'x-session-id': other.sessionId };

    const answer = await app.api.me(user.accessToken, claim);

    expect(answer.body).toMatchObject({ id: user.userId, email: user.email });
    expectInvalid(await app.api.patchMe(user.accessToken, { id: other.userId, displayName: 'x' }), '/id');
  });
});
