import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type Answer } from '../support/api-client.js';
import { BEHIND_THE_TEST, expectThrottled, freshSource, Guesses, statuses } from '../support/guesses.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const NEXT = 'neun Zwetschgen im Korb 43';
const CEILING = 20;
const OF_SOURCE = 12;

let app: TestApp;
let people: Guesses;

beforeAll(async () => {
  app = await startTestApp({
    ...BEHIND_THE_TEST,
    SIGN_IN_CEILING: String(CEILING),
    SIGN_IN_FAILURES_OF_SOURCE: String(OF_SOURCE),
  });
  people = new Guesses(app);
});
afterAll(() => app.close());

/** Sets a new password by the mailed link, from a place; what the device is known by from then on. */
async function reset(email: string, source: string): Promise<string> {
  const before = (await app.mails(email)).length;
  expect((await app.api.forgot(email)).status).toBe(202);
  const { token } = await app.mail(email, before + 1);
  const headers = { 'x-forwarded-for': source };
  const answer = await app.api.post('/api/v1/auth/password/reset', { token, newPassword: NEXT }, { headers });
  expect(answer.status).toBe(204);
  return answer.headers.get('x-device-token')!;
}

describe('LG-03 The owner who has set a new password by a mailed link', () => {
  it('signs in from the place whose failures had locked the address, and from any other', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    await people.fail(5, email, source);
    expectThrottled(await people.wrong(email, source));

    await reset(email, freshSource());

    expect((await people.signIn(email, NEXT, source)).status).toBe(200);
    expect((await people.signIn(email, NEXT, freshSource())).status).toBe(200);
  });

  it('signs in although so many had failed everywhere that the address was locked', async () => {
    const email = await app.api.verifiedUser();
    const source = freshSource();
    for (let n = 0; n < CEILING / 5; n += 1) await people.fail(5, email, freshSource());
    expectThrottled(await people.wrong(email, source), 3_600);

    await reset(email, source);

    expect((await people.signIn(email, NEXT, source)).status).toBe(200);
  });

  it('signs in where somebody sprayed one password at many addresses; nobody else does from there', async () => {
    const [email, other, source] = [await app.api.verifiedUser(), await app.api.verifiedUser(), freshSource()];
    for (let n = 0; n < OF_SOURCE; n += 1) await people.fail(1, freshEmail(), source);
    expectThrottled(await people.wrong(email, source));

    await reset(email, source);

    expect((await people.signIn(email, NEXT, source)).status).toBe(200);
    expectThrottled(await people.wrong(other, source));
    expectThrottled(await people.wrong(freshEmail(), source));
  });

  it('signs in where the reset was made while others lock the address again from everywhere', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    await reset(email, source);
    for (let n = 0; n < CEILING / 5; n += 1) await people.fail(5, email, freshSource());
    expectThrottled(await people.wrong(email, freshSource()), 3_600);

    expect((await people.signIn(email, NEXT, source)).status).toBe(200);
  });

  it('signs in with the token of the answer while somebody in the same network goes on guessing', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = await reset(email, source);

    const attack: Answer[] = [];
    const [owner] = await Promise.all([
      people.signIn(email, NEXT, source, device),
      ...Array.from({ length: 20 }, async () => {
        attack.push(await people.wrong(email, source));
      }),
    ]);

    expect(owner.status).toBe(200);
    expect(statuses(attack)).toEqual({ 401: 5, 429: 15 });
    expectThrottled(await people.signIn(email, NEXT, source));
    expect((await people.signIn(email, NEXT, source, device)).status).toBe(200);
  });

  it('makes no other device known: those of before are not, nor is a second factor done with', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const old = await people.known(email, source);
    const device = await reset(email, source);
    expect(device).toMatch(/^usd_[A-Za-z0-9_-]{43}$/);
    expect(device).not.toBe(old);
    await people.fail(5, email, freshSource());
    const elsewhere = freshSource();
    await people.fail(5, email, elsewhere);

    expectThrottled(await people.signIn(email, NEXT, elsewhere, old));
  });
});
