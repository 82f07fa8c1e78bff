import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as bcrypt from 'bcrypt';

import { freshEmail, type Answer } from '../support/api-client.js';
import { BEHIND_THE_TEST, freshSource, Guesses } from '../support/guesses.js';
import { mailWithLink } from '../support/mails.js';
import { mannWhitney } from '../support/statistics.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SAMPLES = 60;
// Several at once take less time; so few that none waits for the hash of another.
const LANES = 4;
const LEAST_P = 0.01;
// Of fifteen pairs of equal samples one is below that bound in every seventh run; what differs is below it in both. In
// the first one the service also learns how slow the machine is.
const RUNS = 2;
const TIME_LIMIT_MS = 300_000;

let app: TestApp;
let people: Guesses;
let known: Readonly<Record<string, string>>;

type Call = () => Promise<Answer>;
type Calls = Readonly<Record<string, Call>>;

beforeAll(async () => {
  // With the floors that the service has by default; an empty variable is one that is not set.
  app = await startTestApp({
    ...BEHIND_THE_TEST,
    SIGN_IN_TIME_FLOOR_MS: '',
    REGISTRATION_TIME_FLOOR_MS: '',
    // Every question is looked at, or there would be nothing to tell apart.
    RECOVERY_MAILS_PER_SOURCE: '100000',
  });
  people = new Guesses(app);
  known = {
    argon2: await app.api.verifiedUser(),
    bcrypt: await changed(`password_hash = '${await bcrypt.hash('another password', 12)}'`),
    disabled: await changed(`status = 'disabled'`),
    'with a second factor': await changed('mfa_enabled = true'),
    unverified: freshEmail(),
  };
  await app.api.register(known['unverified']!);
}, TIME_LIMIT_MS);
afterAll(() => app.close());

async function changed(how: string): Promise<string> {
  const email = await app.api.verifiedUser();
  const id = await people.idOf(email);
  await app.sql.query(`UPDATE user_service.users SET ${how} WHERE id = $1`, [id]);
  return email;
}

/** Without what differs from answer to answer. */
function comparable({ status, headers, body }: Answer): string {
  const { instance: _id, ...rest } = body;
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'retry-after'].includes(name)).sort();
  return JSON.stringify({ status, kept, rest });
}

/** Milliseconds of each kind, taken in turns, so that whatever else the machine does hits all alike. */
async function measure(calls: Calls, answers: Map<string, Set<string>>): Promise<Map<string, number[]>> {
  const kinds = Object.keys(calls);
  const times = new Map(kinds.map((kind) => [kind, [] as number[]]));
  const lane = async (offset: number): Promise<void> => {
    for (let n = 0; n < (SAMPLES / LANES) * kinds.length; n += 1) {
      const kind = kinds[(n + offset) % kinds.length]!;
      const started = performance.now();
      const answer = await calls[kind]!();
      times.get(kind)!.push(performance.now() - started);
      answers.set(kind, (answers.get(kind) ?? new Set()).add(comparable(answer)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, index) => lane(Math.floor((index * kinds.length) / LANES))));
  return times;
}

/** The pairs whose times tell them apart. */
function toldApart(times: ReadonlyMap<string, readonly number[]>): string[] {
  const all = [...times];
  return all.flatMap(([one, its], index) =>
    all.slice(index + 1).flatMap(([other, others]) => {
      const p = mannWhitney(its, others);
      return p > LEAST_P ? [] : [`${one} and ${other}: p = ${p.toExponential(1)}`];
    }),
  );
}

async function expectAlike(calls: Calls, status: number): Promise<void> {
  const answers = new Map<string, Set<string>>();
  let found: string[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    found = toldApart(await measure(calls, answers));
    if (found.length === 0) break;
  }
  expect(found).toEqual([]);
  const different = new Set([...answers.values()].flatMap((each) => [...each]));
  expect([...different]).toHaveLength(1);
  expect([...different][0]).toContain(`"status":${String(status)}`);
}

const each = (call: (email: string) => Promise<Answer>): Calls => ({
  unknown: () => call(freshEmail()),
  ...Object.fromEntries(Object.entries(known).map(([kind, email]) => [kind, () => call(email)])),
});

describe('PW-13 LG-01 Neither the answer nor its time tells who has an account', () => {
  it(
    'at a sign-in with a wrong password: bytes, headers and time, 60 times each',
    () =>
      expectAlike(
        each((email) => people.wrong(email, freshSource())),
        401,
      ),
    TIME_LIMIT_MS,
  );
});

describe('LG-01 RC-01 Neither does anything else that can be asked without signing in', () => {
  it(
    'a sign-in at an address that is locked, somebody’s or nobody’s',
    async () => {
      const source = freshSource();
      const locked = { unknown: freshEmail(), argon2: known['argon2']!, bcrypt: known['bcrypt']! };
      for (const email of Object.values(locked)) await people.fail(5, email, source);
      await expectAlike(
        callsFor(locked, (email) => people.wrong(email, source)),
        429,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    'a registration of an address that is free, waiting or taken',
    () => {
      const { argon2, disabled, unverified } = known;
      const taken = { argon2: argon2!, disabled: disabled!, waiting: unverified! };
      const calls = callsFor(taken, (email) => app.api.register(email));
      return expectAlike({ free: () => app.api.register(freshEmail()), ...calls }, 202);
    },
    TIME_LIMIT_MS,
  );

  it.each([
    ['RC-01 a link to a new password', (email: string) => app.api.forgot(email)],
    ['another link of verification', (email: string) => app.api.post('/api/v1/auth/verify-email/resend', { email })],
  ])('%s that somebody asks for', (_what, call) => expectAlike(each(call), 202), TIME_LIMIT_MS);

  it(
    'a link to a new password that is unknown, spent or too old',
    async () => {
      const links = await resetLinks();
      await expectAlike(
        callsFor(links, (token) => app.api.resetPassword(token, 'neun Quitten rollen bergab 71')),
        400,
      );
    },
    TIME_LIMIT_MS,
  );
});

describe('ID-09 LG-01 Neither does a link that proves an address', () => {
  it(
    'which is unknown, spent, too old, or of an account that was proven otherwise',
    async () => {
      await expectAlike(
        callsFor(await verificationLinks(), (token) => app.api.verify(token)),
        400,
      );
    },
    TIME_LIMIT_MS,
  );
});

function callsFor(subjects: Readonly<Record<string, string>>, call: (subject: string) => Promise<Answer>): Calls {
  return Object.fromEntries(Object.entries(subjects).map(([kind, subject]) => [kind, () => call(subject)]));
}

async function verificationLinks(): Promise<Record<string, string>> {
  const tokenOf = async (email: string): Promise<string> => {
    await app.api.register(email);
    return (await mailWithLink(app, email, 'verify-email')).token;
  };
  const proven = freshEmail();
  const [spent, old, needless] = [await tokenOf(freshEmail()), await tokenOf(freshEmail()), await tokenOf(proven)];
  expect((await app.api.verify(spent)).status).toBe(204);
  await app.api.forgot(proven);
  const { token } = await mailWithLink(app, proven, 'reset-password');
  expect((await app.api.resetPassword(token, 'neun Quitten rollen bergab 71')).status).toBe(204);
  await app.sql.query(
    `UPDATE user_service.one_time_tokens SET created_at = now() - interval '3 days', expires_at = now() - interval '2 days'
      WHERE hash = $1`,
    [createHash('sha256').update(old).digest()],
  );
  return { unknown: 'A'.repeat(43), spent, old, needless };
}

async function resetLinks(): Promise<Record<string, string>> {
  const tokenOf = async (email: string): Promise<string> => {
    await app.api.forgot(email);
    return (await mailWithLink(app, email, 'reset-password')).token;
  };
  const [spent, old] = [await tokenOf(await app.api.verifiedUser()), await tokenOf(await app.api.verifiedUser())];
  expect((await app.api.resetPassword(spent, 'neun Quitten rollen bergab 71')).status).toBe(204);
  const expired = `UPDATE user_service.one_time_tokens SET created_at = now() - interval '3 hours',
    expires_at = now() - interval '2 hours' WHERE purpose = 'password_reset' AND used_at IS NULL`;
  await app.sql.query(expired);
  return { unknown: 'A'.repeat(43), spent, old };
}

describe('The test that compares times', () => {
  const around = (middle: number): number[] =>
    Array.from({ length: SAMPLES }, (_, n) => middle + ((n * 7919) % 101) / 50);

  it('finds no difference where there is none, and a millisecond where there is one', () => {
    expect(mannWhitney(around(500), around(500))).toBeGreaterThan(0.9);
    expect(mannWhitney(around(500), around(501))).toBeLessThan(LEAST_P);
    expect(
      mannWhitney(
        [1, 2, 3, 4, 5].flatMap((n) => [n, n, n, n]),
        Array<number>(20).fill(3),
      ),
    ).toBeGreaterThan(0.9);
  });
});
