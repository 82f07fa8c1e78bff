import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { tracesOf } from '../support/canaries.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const FIRST = 'canary Pflaumen fallen leise 93';
const SECOND = 'canary Quitten rollen bergab 71';
const THIRD = 'canary Birnen reifen langsam 58';
const WRONG = 'canary Kirschen platzen laut 26';
const RESIDENT_NUMBERS = ['900101-1234567', '9001011234567'];

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Every row of every table, as text; events, mails that wait and what was refused among them. */
async function everyRow(): Promise<string> {
  const tables = await app.sql.query<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables
      WHERE table_schema = 'user_service' AND table_type = 'BASE TABLE'`,
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    for (const { text } of await app.sql.query<{ text: string }>(
      `SELECT t::text AS text FROM user_service.${name} t`,
    )) {
      rows.push(text);
    }
  }
  return rows.join('\n');
}

function found(secrets: Readonly<Record<string, string>>, text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  return tracesOf(secrets)
    .filter((trace) => bytes.includes(trace.bytes))
    .map(({ name }) => name);
}

describe('PW-17 A password', () => {
  it('is in no log, event, row or mail after everything that can be done with it', async () => {
    const email = freshEmail();
    await app.api.register(email, { password: FIRST });
    await app.api.post('/api/v1/auth/verify-email', { token: (await app.mail(email)).token });
    expect((await app.api.login(email, WRONG)).status).toBe(401);
    const signedIn = await app.api.login(email, FIRST);
    expect(signedIn.status).toBe(200);
    const token = String(signedIn.body['accessToken']);
    const path = '/api/v1/users/me/password';
    expect((await app.api.post(path, { currentPassword: WRONG, newPassword: SECOND }, { token })).status).toBe(422);
    expect((await app.api.post(path, { currentPassword: FIRST, newPassword: SECOND }, { token })).status).toBe(204);
    expect((await app.api.post('/api/v1/auth/reauthenticate', { password: SECOND }, { token })).status).toBe(200);
    await app.api.forgot(email);
    await app.mailsSent();
    const reset = (await app.mails(email)).find(({ text }) => text.includes('/reset-password?token='))!;
    expect((await app.api.resetPassword(reset.token, THIRD)).status).toBe(204);
    expect((await app.api.login(email, THIRD)).status).toBe(200);
    // In a place where it does not belong, and in a body that cannot be read.
    await app.api.login(THIRD, WRONG);
    await app.api.post('/api/v1/auth/login', { email, passwort: THIRD });

    const mails = (await app.mails()).map(({ raw }) => raw).join('\n');
    const everything = `${app.logText()}\n${mails}\n${await everyRow()}`;
    expect(found({ first: FIRST, second: SECOND, third: THIRD, wrong: WRONG }, everything)).toEqual([]);
    // What is looked through holds what is said openly.
    expect(everything).toContain('identity.password_reset');
    expect(everything).toContain(reset.token);
  });
});

describe('ID-14 A resident registration number', () => {
  it.each(RESIDENT_NUMBERS)('such as %s is in no log, event or row, wherever somebody types it', async (number) => {
    const email = freshEmail();
    await app.api.register(email, { displayName: number });
    await app.api.post('/api/v1/auth/verify-email', { token: (await app.mail(email)).token });
    const signedIn = await app.api.login(email, undefined, { deviceName: number });
    const token = String(signedIn.body['accessToken']);
    await app.api.call('PATCH', '/api/v1/users/me', { token, body: { displayName: `Kim ${number}` } });
    await app.api.login(number, `wrong ${number}`);

    expect(found({ number }, `${app.logText()}\n${await everyRow()}`)).toEqual([]);
  });

  it('has no column, and no field that asks for one', async () => {
    const columns = await app.sql.query(
      `SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'user_service' AND column_name ~* 'resident|rrn|jumin|ssn|national_id'`,
    );
    expect(columns).toEqual([]);
    const answer = await app.api.register(freshEmail(), { residentRegistrationNumber: RESIDENT_NUMBERS[0] });
    expect(answer.status).toBe(400);
  });
});
