import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';

import { RequestContext } from '#platform/context';

import { LOGIN, REFRESH, REGISTER } from '../load/ideal-statements.js';
import { freshEmail } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What a statement does to which tables, whatever else it says. */
function shapeOf(sql: string): string {
  if (/^(BEGIN|START TRANSACTION)/.test(sql)) return 'begin';
  const uses = sql.replaceAll('"', '').matchAll(/(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN) user_service\.(\w+)/g);
  return [...uses].map(([, does, table]) => `${does} ${table}`).join(', ') || sql;
}

const shapesOf = (statements: Readonly<Record<string, string>>): string[] => Object.values(statements).map(shapeOf);

describe('The ideal server of the bench', () => {
  let app: TestApp;
  let sent: string[];

  beforeAll(async () => {
    app = await startTestApp();
    const context = app.app.get(RequestContext);
    const query = pg.Client.prototype.query as (...call: unknown[]) => unknown;
    jest.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...call: unknown[]): void {
      const [statement] = call as [string | { text: string }];
      // The queues look for work meanwhile, and ask for nobody.
      if (context.info !== undefined) sent.push(typeof statement === 'string' ? statement : statement.text);
      return query.apply(this, call) as never;
    });
  });
  afterEach(() => {
    sent = [];
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.close();
  });

  it('sends what the service sends, in the same order', async () => {
    sent = [];
    const email = freshEmail();
    await app.api.register(email);
    expect(sent.splice(0).map(shapeOf)).toEqual(shapesOf(REGISTER));

    await app.api.verify((await app.mail(email)).token);
    sent = [];
    const { refreshToken } = await app.api.signIn(email);
    expect(sent.splice(0).map(shapeOf)).toEqual(shapesOf(LOGIN));

    // The first one reads the profile, which the next ones remember.
    const second = await app.api.refresh(refreshToken);
    sent = [];
    await app.api.refresh(String(second.body['refreshToken']));
    expect(sent.map(shapeOf)).toEqual(shapesOf(REFRESH));
  });
});
