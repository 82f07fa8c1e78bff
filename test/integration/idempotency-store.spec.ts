import { randomBytes } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';
import { DataSource } from 'typeorm';

import { UnitOfWork } from '#kernel';
import { FieldCipher, Keyring } from '#platform/crypto';
import { type IdempotencyClaim, IdempotencyStore, PostgresIdempotencyStore } from '#platform/http';
import { Database, dataSourceOptions, EventReactions, EventSink, TypeOrmUnitOfWork } from '#platform/persistence';

import { createTestDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';

const keyring = new Keyring({
  dataEncryptionKeys: [{ kid: 'test', key: randomBytes(32) }],
  blindIndexKey: randomBytes(32),
});

const claim: IdempotencyClaim = {
  key: '7f0c1c6e-5a0e',
  route: 'POST /api/v1/auth/register',
  caller: 'address:203.0.113.77',
  request: '{"email":"kim@example.com","password":"correct horse"}',
};
const answer = { status: 202, body: '{"status":"verification_pending"}' };

describe('ID-12 first answers in PostgreSQL', () => {
  let database: TestDatabase;
  let sql: Sql;
  let app: INestApplicationContext;
  let store: IdempotencyStore;

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = await openSql(database.url);
    app = await start(database.url);
    store = app.get(IdempotencyStore);
  });
  afterEach(() => sql.query('TRUNCATE user_service.idempotency_keys'));
  afterAll(async () => {
    await app.close();
    await app.get(DataSource).destroy();
    await sql.close();
    await database.drop();
  });

  it('lets exactly one of 20 parallel claims through', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.reserve(claim)));

    expect(outcomes.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'in_progress')).toHaveLength(19);
  });

  it('forgets what one caller was answered on one route, and nothing else', async () => {
    const others = [
      { ...claim, key: 'other', caller: 'user:other' },
      { ...claim, key: 'elsewhere', route: 'POST /other' },
    ];
    for (const each of [claim, ...others]) {
      await store.reserve(each);
      await store.complete(each, answer);
    }
    await store.forget(claim);

    expect((await store.reserve(claim)).outcome).toBe('reserved');
    for (const each of others) expect((await store.reserve(each)).outcome).toBe('answered');
    await store.forget(claim);
    expect((await store.reserve(claim)).outcome).toBe('in_progress');
  });

  it('gives back the answer that was stored, to the byte', async () => {
    await store.reserve(claim);
    await store.complete(claim, answer);

    expect(await store.reserve(claim)).toEqual({ outcome: 'answered', answer });
  });

  it('keeps an answer without a body', async () => {
    await store.reserve(claim);
    await store.complete(claim, { status: 204, body: '' });

    expect(await store.reserve(claim)).toEqual({ outcome: 'answered', answer: { status: 204, body: '' } });
  });

  it('recognises another request, at work or answered', async () => {
    await store.reserve(claim);
    expect(await store.reserve({ ...claim, request: '{}' })).toEqual({ outcome: 'other_request' });

    await store.complete(claim, answer);
    expect(await store.reserve({ ...claim, request: '{}' })).toEqual({ outcome: 'other_request' });
  });

  it('keeps callers, routes and keys apart', async () => {
    await store.reserve(claim);

    for (const other of [{ caller: 'user:1' }, { route: 'POST /api/v1/admin/api-keys' }, { key: 'another' }]) {
      expect(await store.reserve({ ...claim, ...other })).toEqual({ outcome: 'reserved' });
    }
  });

  it('gives a released key to the next claim', async () => {
    await store.reserve(claim);
    await store.release(claim);

    expect(await store.reserve(claim)).toEqual({ outcome: 'reserved' });
  });

  it('never releases or replaces an answer', async () => {
    await store.reserve(claim);
    await store.complete(claim, answer);
    await store.release(claim);
    await store.complete(claim, { status: 500, body: 'late' });

    expect(await store.reserve(claim)).toEqual({ outcome: 'answered', answer });
  });

  it('frees the key of a crashed process after 30 seconds, for one of those who wait', async () => {
    await store.reserve(claim);
    const [row] = await sql.query<{ seconds: number }>(
      'SELECT extract(epoch FROM locked_until - created_at)::int AS seconds FROM user_service.idempotency_keys',
    );
    expect(row?.seconds).toBe(30);

    await sql.query(`UPDATE user_service.idempotency_keys SET locked_until = now() - interval '1 second'`);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.reserve(claim)));
    expect(outcomes.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1);
  });

  it('forgets an answer after 24 hours', async () => {
    await store.reserve(claim);
    await store.complete(claim, answer);
    await sql.query(`UPDATE user_service.idempotency_keys SET expires_at = now() - interval '1 second'`);

    expect(await store.reserve({ ...claim, request: '{}' })).toEqual({ outcome: 'reserved' });
  });

  it('holds neither key, address, password nor answer in the clear', async () => {
    await store.reserve(claim);
    await store.complete(claim, answer);

    const [row] = await sql.query<{ dump: string }>(
      `SELECT concat_ws('|', encode(key_hash, 'escape'), encode(caller, 'escape'), encode(request_hash, 'escape'),
                        encode(body_enc, 'escape')) AS dump FROM user_service.idempotency_keys`,
    );
    expect(row?.dump).not.toMatch(/7f0c1c6e|203\.0\.113|kim@|horse|verification_pending/);
  });
});

async function start(url: string): Promise<INestApplicationContext> {
  const settings = {
    url,
    poolSize: 8,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 3_000,
    lockTimeoutMs: 1_000,
    idleInTransactionTimeoutMs: 10_000,
  };
  const dataSource = await new DataSource(dataSourceOptions(settings, [], () => undefined)).initialize();

  @Global()
  @Module({ providers: [{ provide: DataSource, useValue: dataSource }], exports: [DataSource] })
  class DataSourceModule {}

  const module = await Test.createTestingModule({
    imports: [
      DataSourceModule,
      ClsModule.forRoot({
        global: true,
        plugins: [
          new ClsPluginTransactional({ adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource }) }),
        ],
      }),
    ],
    providers: [
      { provide: EventSink, useValue: { store: async () => undefined } },
      { provide: UnitOfWork, useClass: TypeOrmUnitOfWork },
      { provide: Keyring, useValue: keyring },
      { provide: IdempotencyStore, useClass: PostgresIdempotencyStore },
      Database,
      EventReactions,
      FieldCipher,
    ],
  }).compile();
  return module.init();
}
