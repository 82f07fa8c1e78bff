import { createHash, createHmac, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn, type SignedIn } from '../support/api-client.js';
import { digestTraces, filesBelow, found, foundInFiles, tracesOf, unfold, type Trace } from '../support/canaries.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { openSql, type Sql } from '../support/test-database.js';

const mark = randomBytes(6).toString('hex');
const email = `canary-mail-${mark}@canary-domain-${mark}.example`;
const personal = {
  'e-mail address': email,
  'local part': `canary-mail-${mark}`,
  domain: `canary-domain-${mark}`,
  name: `카나리아 Zeisig ${mark}`,
  'another name': `Girlitz-Stieglitz ${mark}`,
  phone: `+8210${BigInt(`0x${mark}`).toString().slice(-9)}`,
  'device name': `Kanarien-Telefon ${mark}`,
};
const password = `canary pässword ${mark}`;
const idempotencyKey = `canary-key-${mark}`;

// What was written before the first test of this file cannot hold anything of it.
const started = new Date(Date.now() - 2_000);

let app: TestApp;
let admin: Sql;
let user: SignedIn;
let verification: string;
let traces: Trace[];

/** What a visitor of the README's tour does, with every optional datum. */
async function tour(): Promise<void> {
  const headers = { 'idempotency-key': idempotencyKey };
  const body = { password, displayName: personal.name, locale: 'ko' };
  for (let n = 0; n < 2; n += 1) await app.api.register(email, body, { headers });
  await app.api.resend(email);
  verification = (await app.mail(email)).token;
  await app.api.verify(verification);
  await app.api.register(email, body);
  await app.api.login(email, `${password}!`);
  user = signedIn(await app.api.login(email, password, { deviceName: personal['device name'], rememberMe: true }));
  await app.api.me(user.accessToken);
  await app.api.patchMe(user.accessToken, { displayName: personal['another name'], phone: personal.phone });
  user = signedIn(await app.api.refresh(user.refreshToken));
  await app.api.logout(user.accessToken);
  await app.api.login(email.toUpperCase(), password);
}

/** Every table of every schema of ours, as text. */
async function dump(): Promise<string> {
  const tables = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['user_service.users', 'user_service.outbox']));
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await admin.query<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM ONLY ${name} t`);
    texts.push(name, ...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}

beforeAll(async () => {
  app = await startTestApp();
  admin = await openSql(app.database.adminUrl);
  await tour();
  traces = tracesOf({ ...personal, password, 'idempotency key': idempotencyKey, verification, ...tokens(user) });
});

afterAll(async () => {
  await admin.close();
  await app.close();
});

function tokens({ accessToken, refreshToken }: SignedIn): Record<string, string> {
  return { 'refresh token': refreshToken, 'signature of the access token': accessToken.split('.')[2]! };
}

describe('DP-01 Personal data is encrypted at rest', () => {
  it('the search finds what is there, in whatever form', () => {
    for (const form of [
      email,
      Buffer.from(email).toString('hex').toUpperCase(),
      Buffer.from(`ab${email}xyz`).toString('base64'),
      `"\\x${Buffer.from(Buffer.from(`x${email}`).toString('base64')).toString('hex')}"`,
      JSON.stringify({ sealed: Buffer.from(`x${email}`).toString('base64') }),
    ]) {
      expect(found(traces, unfold(`{"a":${JSON.stringify(form)}}`))).not.toEqual([]);
    }
    expect(found(traces, unfold('{"a":"nothing of the kind"}'))).toEqual([]);
  });

  it('no table holds any of it', async () => {
    expect(found(traces, unfold(await dump()))).toEqual([]);
  });

  it('nor does any file of the cluster: neither tables, nor the write-ahead log, nor the server log', async () => {
    await admin.query('CHECKPOINT');
    const [at] = await admin.query<{ directory: string; database: string }>(
      `SELECT current_setting('data_directory') AS directory, oid::text AS database
         FROM pg_database WHERE datname = current_database()`,
    );
    const { directory, database } = at!;
    const folders = [join(directory, 'base', database), join(directory, 'global'), join(directory, 'pg_wal')];
    const paths = (await Promise.all(folders.map((folder) => filesBelow(folder, started)))).flat();
    const [marked] = await admin.query<{ id: string }>(`SELECT id FROM user_service.users LIMIT 1`);
    const id = { name: 'a user id', bytes: Buffer.from(marked!.id.replaceAll('-', ''), 'hex') };

    const hits = await foundInFiles([...traces, id], [...paths, join(dirname(directory), 'postgres.log')]);

    // The id is stored as it is; finding it shows that these are the right files, and that they were written out.
    expect(hits.filter((hit) => hit.includes(`base/${database}`) && hit.endsWith(id.name))).not.toEqual([]);
    expect(hits.filter((hit) => hit.includes('/pg_wal/') && hit.endsWith(id.name))).not.toEqual([]);
    expect(hits.filter((hit) => !hit.endsWith(id.name))).toEqual([]);
  });

  it('nor does the log of the service', () => {
    expect(app.logs().filter(({ event }) => event === 'http_request').length).toBeGreaterThan(10);
    expect(found(traces, unfold(app.logText()))).toEqual([]);
  });

  it("no table holds the client's whole address", async () => {
    const text = await dump();

    expect(text).not.toContain('127.0.0.1');
    expect(text).toContain('127.0.0.0/24');
  });

  it('AES-256-GCM with a nonce of its own for every value, under a key of its own for every user', async () => {
    const name = 'Two of the Same Name';
    await app.api.verifiedUser({ displayName: name });
    await app.api.verifiedUser({ displayName: name });

    const rows = await app.sql.query<{ email_enc: Buffer; profile_enc: Buffer; wrapped_key: Buffer; kek_id: string }>(
      `SELECT email_enc, profile_enc, wrapped_key, kek_id
         FROM user_service.users JOIN user_service.user_keys ON user_id = id`,
    );

    const sealed = rows.flatMap((row) => [row.email_enc, row.profile_enc, row.wrapped_key]);
    const header = (value: Buffer): number => 2 + value[1]!;
    const nonces = sealed.map((value) => value.subarray(header(value), header(value) + 12).toString('hex'));
    expect(new Set(nonces).size).toBe(sealed.length);
    expect(new Set(sealed.map((value) => value.toString('hex'))).size).toBe(sealed.length);
    for (const { wrapped_key: wrapped, kek_id: kek } of rows) {
      expect(kek).toBe('k1');
      expect(wrapped.subarray(0, 4)).toEqual(Buffer.from([1, 2, ...Buffer.from('k1')]));
      expect(wrapped).toHaveLength(4 + 12 + 32 + 16);
    }
  });
});

describe('DP-01 A value that was moved or altered does not open', () => {
  type Swap = [what: string, table: string, column: string, key: string];
  const swaps: Swap[] = [
    ['addresses of two users', 'users', 'email_enc', 'id'],
    ['profiles of two users', 'users', 'profile_enc', 'id'],
    ['data keys of two users', 'user_keys', 'wrapped_key', 'user_id'],
  ];

  function alerts(): number {
    return app.logs().filter(({ event }) => event === 'crypt_decrypt_fail').length;
  }

  /** The read fails closed, says nothing, and is noticed. */
  async function expectClosed(secrets: readonly string[], read: () => ReturnType<typeof app.api.me>): Promise<void> {
    const before = alerts();
    const answer = await read();
    expectProblem(answer, 500, 'internal_error');
    for (const secret of secrets) expect(answer.text).not.toContain(secret);
    expect(answer.text).not.toMatch(/decrypt|encrypt|cipher|gcm/i);
    expect(answer.headers.get('etag')).toBeNull();
    expect(alerts()).toBe(before + 1);
  }

  it.each(swaps)('%s', async (_what, table, column, key) => {
    const [a, b] = [
      await app.api.signedInUser({ displayName: 'First Owner' }),
      await app.api.signedInUser({ displayName: 'Second Owner' }),
    ];
    const swap = `UPDATE user_service.${table} t SET ${column} = o.${column} FROM user_service.${table} o
                   WHERE (t.${key}, o.${key}) IN (($1, $2), ($2, $1))`;
    await app.sql.query(swap, [a.userId, b.userId]);

    const secrets = [a.email, b.email, 'First Owner', 'Second Owner'];
    await expectClosed(secrets, () => app.api.me(a.accessToken));
    await expectClosed(secrets, () => app.api.me(b.accessToken));
    await expectClosed(secrets, () => app.api.patchMe(a.accessToken, { displayName: 'Overwritten' }));
    await expectClosed(secrets, () => app.api.login(a.email));

    await app.sql.query(swap, [a.userId, b.userId]);
    expect((await app.api.me(a.accessToken)).body).toMatchObject({ email: a.email, displayName: 'First Owner' });
  });

  it('a value in another column of the same row', async () => {
    const a = await app.api.signedInUser();
    await app.sql.query('UPDATE user_service.users SET profile_enc = email_enc WHERE id = $1', [a.userId]);

    await expectClosed([a.email], () => app.api.me(a.accessToken));
  });

  it('one altered bit, a cut value, an empty one', async () => {
    const a = await app.api.signedInUser();
    const write = 'UPDATE user_service.users SET email_enc = $2 WHERE id = $1';
    const [row] = await app.sql.query<{ v: Buffer }>('SELECT email_enc AS v FROM user_service.users WHERE id = $1', [
      a.userId,
    ]);
    const flipped = Buffer.from(row!.v);
    flipped[flipped.length - 20]! ^= 1;

    for (const value of [flipped, row!.v.subarray(0, -1), Buffer.alloc(0)]) {
      await app.sql.query(write, [a.userId, value]);
      await expectClosed([a.email], () => app.api.me(a.accessToken));
    }
    await app.sql.query(write, [a.userId, row!.v]);
    expect((await app.api.me(a.accessToken)).status).toBe(200);
  });

  it('device and address of two sessions', async () => {
    const a = await app.api.signedInUser();
    const b = await app.api.signIn(a.email);
    const take =
      'UPDATE user_service.sessions t SET ip_enc = o.ip_enc FROM user_service.sessions o WHERE t.id = $1 AND o.id = $2';
    await app.sql.query(take, [a.sessionId, b.sessionId]);

    await expectClosed([a.email], () => app.api.get('/api/v1/users/me/sessions', { token: a.accessToken }));
  });
});

describe('DP-02 Look-up goes through a keyed index', () => {
  it('no plain digest of the address is anywhere', async () => {
    const forms = [email, email.toUpperCase(), personal['local part']];
    const digests = forms.flatMap((form) => digestTraces(form, form));
    const text = await dump();

    expect(found(digests, unfold(text))).toEqual([]);
    const planted = `{"a":"\\\\x${createHash('sha256').update(email).digest('hex')}"}`;
    expect(found(digests, unfold(planted))).not.toEqual([]);
  });

  it('the index is the HMAC-SHA-256 of the canonical address under its own key', async () => {
    const key = Buffer.from(app.env['BLIND_INDEX_KEY']!, 'base64');
    const index = createHmac('sha256', key).update(email).digest();

    const rows = await app.sql.query('SELECT 1 FROM user_service.users WHERE email_index = $1', [index]);

    expect(rows).toHaveLength(1);
  });
});
