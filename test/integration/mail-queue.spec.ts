import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { DataKeys } from '#platform/crypto';
import { MailQueue, type MailTransport } from '#platform/mail';
import { SystemIds } from '#platform/system';

import { Outbound, startMailInstance } from '../support/mail-instance.js';
import { createTestDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

describe('The mail queue in PostgreSQL', () => {
  let database: TestDatabase;
  let sql: Sql;
  let userId: string;
  const running: INestApplicationContext[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = await openSql(database.url);
  });
  afterAll(async () => {
    await sql.close();
    await database.drop();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
    await sql.query('TRUNCATE user_service.outbox');
  });

  /** One instance of the service, as far as mail goes. */
  async function instance(outbound: MailTransport = new Outbound(), delivers = true): Promise<INestApplicationContext> {
    const app = await startMailInstance(database.url, outbound, delivers);
    running.push(app);
    return app;
  }

  beforeAll(async () => {
    userId = new SystemIds().uuid();
    await sql.query(
      `INSERT INTO user_service.users (id, email_enc, email_index, password_hash, password_changed_at, status, roles,
                                       profile_enc, locale, created_at, updated_at)
       VALUES ($1, '', sha256('x'), 'x', now(), 'active', '{user}', '', 'en', now(), now())`,
      [userId],
    );
    const app = await instance(new Outbound(), false);
    const { stored } = app.get(DataKeys).generate(userId);
    await sql.query('INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) VALUES ($1, $2, $3)', [
      ...[userId, stored.wrapped, stored.kekId],
    ]);
  });

  async function enqueue(app: INestApplicationContext, ...tokens: string[]): Promise<void> {
    const queue = app.get(MailQueue, { strict: false });
    await app.get(UnitOfWork).run(async () => {
      for (const token of tokens) {
        await queue.enqueue({ template: 'verify_email', userId, language: 'en', data: { token } });
      }
    });
  }

  async function waiting(): Promise<number> {
    return (await sql.query('SELECT FROM user_service.outbox')).length;
  }

  it('sends what was committed and leaves no row behind', async () => {
    const outbound = new Outbound();
    const app = await instance(outbound);
    await enqueue(app, 'one', 'two');
    await until(async () => (await waiting()) === 0);

    expect(outbound.sent.map(({ text, to }) => `${text} ${to}`).toSorted()).toEqual([
      'one mia@example.com',
      'two mia@example.com',
    ]);
  });

  it('keeps no token or address in the clear', async () => {
    const app = await instance(new Outbound(), false);
    await enqueue(app, 'canary-token');
    const [row] = await sql.query<{ row: string }>('SELECT to_jsonb(o)::text AS row FROM user_service.outbox o');

    expect(row!.row).not.toContain('canary');
    expect(row!.row).not.toContain(Buffer.from('canary').toString('base64').slice(0, 7));
    expect(row!.row).not.toContain('mia');
  });

  it('sends nothing of a unit of work that rolled back', async () => {
    const outbound = new Outbound();
    const app = await instance(outbound);
    const queue = app.get(MailQueue, { strict: false });
    const failed = app.get(UnitOfWork).run(async () => {
      await queue.enqueue({ template: 'verify_email', userId, language: 'en', data: { token: 'never' } });
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    await enqueue(app, 'after');
    await until(() => outbound.sent.length > 0);

    expect(outbound.sent.map(({ text }) => text)).toEqual(['after']);
  });

  it('refuses mails outside of a unit of work', async () => {
    const app = await instance(new Outbound(), false);
    const outside = app
      .get(MailQueue)
      .enqueue({ template: 'verify_email', userId, language: 'en', data: { token: 'x' } });

    await expect(outside).rejects.toMatchObject({ code: '25006' });
  });

  it('sends each of 200 mails once, whichever of three instances takes it', async () => {
    const outbounds = [new Outbound(), new Outbound(), new Outbound()];
    const tokens = Array.from({ length: 200 }, (_, index) => `token-${index}`);
    const writer = await instance(new Outbound(), false);
    await enqueue(writer, ...tokens);
    await Promise.all(outbounds.map((outbound) => instance(outbound)));
    await until(async () => (await waiting()) === 0);
    const sent = outbounds.flatMap((outbound) => outbound.sent.map(({ text }) => text));

    expect(sent.toSorted()).toEqual(tokens.toSorted());
  });

  it('sends the mails of one person in the order in which they were queued', async () => {
    const outbound = new Outbound();
    outbound.send = async (mail) => {
      // The sooner it was queued, the longer it takes.
      await sleep(20 - Number(mail.text));
      outbound.sent.push(mail);
    };
    const tokens = Array.from({ length: 20 }, (_, index) => String(index));
    const writer = await instance(new Outbound(), false);
    for (const token of tokens) await enqueue(writer, token);
    // Where a row lies on the disk, and so when it is met, says nothing of its age.
    await sql.query(`UPDATE user_service.outbox SET attempts = 0 WHERE id IN (SELECT id FROM user_service.outbox
                      ORDER BY id LIMIT 10)`);
    await instance(outbound);
    await until(async () => (await waiting()) === 0);

    expect(outbound.sent.map(({ text }) => text)).toEqual(tokens);
  });

  it('takes over what a crashed instance had claimed, under the same id', async () => {
    const writer = await instance(new Outbound(), false);
    await enqueue(writer, 'orphan');
    const [row] = await sql.query<{ id: string }>(
      `UPDATE user_service.outbox SET lease_owner = gen_random_uuid(), lease_until = now() - interval '1 second'
       RETURNING id`,
    );
    const outbound = new Outbound();
    await instance(outbound);
    await until(async () => (await waiting()) === 0);

    expect(outbound.sent.map(({ id, text }) => [id, text])).toEqual([[row!.id, 'orphan']]);
  });

  it('leaves alone what another instance holds', async () => {
    const writer = await instance(new Outbound(), false);
    await enqueue(writer, 'held');
    await sql.query(
      `UPDATE user_service.outbox SET lease_owner = gen_random_uuid(), lease_until = now() + interval '30 seconds'`,
    );
    const outbound = new Outbound();
    const app = await instance(outbound);
    await enqueue(app, 'free');
    await until(() => outbound.sent.length > 0);

    expect(outbound.sent.map(({ text }) => text)).toEqual(['free']);
    expect(await waiting()).toBe(1);
  });

  it('tries again later what could not be sent', async () => {
    const outbound = new Outbound();
    outbound.send = async () => {
      throw new Error('451 later');
    };
    const app = await instance(outbound);
    await enqueue(app, 'later');
    const rows = () =>
      sql.query<{ attempts: number; free: boolean }>(
        'SELECT attempts, lease_until IS NULL AS free FROM user_service.outbox',
      );
    await until(async () => (await rows()).some(({ attempts, free }) => attempts > 0 && free));
    outbound.send = async (mail) => {
      outbound.sent.push(mail);
    };
    await until(async () => (await waiting()) === 0);

    expect(outbound.sent.map(({ text }) => text)).toEqual(['later']);
  });

  it('sets a mail aside after a day of failures, and never sends it by itself', async () => {
    const outbound = new Outbound();
    outbound.send = async () => {
      throw new Error('451 later');
    };
    const writer = await instance(outbound, false);
    await enqueue(writer, 'stale');
    await sql.query(`UPDATE user_service.outbox SET created_at = now() - interval '1 day'`);
    await instance(outbound);
    const parked = (): Promise<{ attempts: number }[]> =>
      sql.query(`SELECT attempts FROM user_service.outbox WHERE available_at = 'infinity' AND lease_until IS NULL`);
    await until(async () => (await parked()).length === 1);

    expect(await parked()).toEqual([{ attempts: 1 }]);
  });

  it('gives back at shutdown what it had claimed and not begun', async () => {
    const outbound = new Outbound();
    const gate = Promise.withResolvers<undefined>();
    outbound.send = async (mail) => {
      outbound.sent.push(mail);
      await gate.promise;
    };
    const app = await instance(outbound);
    await enqueue(app, ...Array.from({ length: 10 }, (_, index) => `token-${index}`));
    await until(() => outbound.sent.length > 0);
    const closed = app.close();
    gate.resolve(undefined);
    await closed;
    running.splice(running.indexOf(app), 1);
    const rows = await sql.query('SELECT attempts, lease_until IS NOT NULL AS leased FROM user_service.outbox');

    expect(rows).toEqual(Array.from({ length: 10 - outbound.sent.length }, () => ({ attempts: 0, leased: false })));
    expect(rows).not.toEqual([]);
  });
});
