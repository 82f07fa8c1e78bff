/**
 * What the headline paths cost at least: a bare Fastify that sends the statements of the service straight through
 * `pg` and makes the same hash, behind the same gate. No encryption, tokens, checks, logs, metrics or mails.
 */
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';

import * as argon2 from 'argon2';
import { fastify } from 'fastify';
import pg from 'pg';

import { inputOf, tell } from './child.js';
import { LOGIN, REFRESH, REGISTER } from './ideal-statements.js';

export interface IdealInput {
  readonly databaseUrl: string;
  /** base64 */
  readonly blindIndexKey: string;
  /** What `/bytes` answers. */
  readonly profile: string;
}

const OPTIONS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const DAY_MS = 86_400_000;

const { databaseUrl, blindIndexKey, profile } = inputOf<IdealInput>();
const pool = new pg.Pool({ connectionString: databaseUrl, max: 15, pipeline: true });
const indexKey = Buffer.from(blindIndexKey, 'base64');
const event = JSON.stringify({ specversion: '1.0', data: randomBytes(256).toString('hex') });

let free = availableParallelism();
const waiting: (() => void)[] = [];

async function gated<T>(hash: () => Promise<T>): Promise<T> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free -= 1;
  try {
    return await hash();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

const names = new Map<string, string>();

/** Parsed and planned once in a connection, as the service does it. */
function statement(text: string, values: unknown[]): pg.QueryConfig {
  const name = names.get(text) ?? `i${names.size}`;
  names.set(text, name);
  return { name, text, values };
}

async function transaction(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(REGISTER.begin);
    await work(client);
    await client.query(REGISTER.commit);
  } finally {
    client.release();
  }
}

const later = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const indexOf = (email: string): Buffer => createHmac('sha256', indexKey).update(email).digest();

/** One statement that is a transaction: all three leave at once. */
async function change<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row | undefined> {
  const client = await pool.connect();
  try {
    const [, { rows }] = await Promise.all([
      client.query('BEGIN'),
      client.query<Row>(statement(text, values)),
      client.query('COMMIT'),
    ]);
    return rows[0];
  } finally {
    client.release();
  }
}

async function signIn(email: string, password: string): Promise<object> {
  // As somebody whom their device makes known: it has counters of its own.
  const device = indexOf(`device ${email}`);
  const counters = [indexOf(`known guess ${email}`), indexOf(`known total ${email}`)];
  const strangers = [indexOf(`guess ${email}`), indexOf(`total ${email}`)];
  const others = [
    ...counters,
    device,
    indexOf('source'),
    new Date(),
    indexOf(`void ${email}`),
    indexOf(`vouched ${email}`),
  ];
  const user = await change<{ id: string; password_hash: string; security_epoch: number }>(LOGIN.reserve, [
    ...[indexOf(email), new Date(), ...strangers, 1_000, later(1), 1_000, later(30), ...others],
  ]);
  if (user === undefined || !(await gated(() => argon2.verify(user.password_hash, password)))) throw new Error('401');
  await change(LOGIN.clear, counters);
  const session = randomUUID();
  await transaction(async (client) => {
    await client.query(statement(LOGIN.hold, [user.id, user.security_epoch]));
    await client.query(statement(LOGIN.liveSessions, [user.id, new Date()]));
    await client.query(
      statement(LOGIN.addSession, [
        ...[session, user.id, user.security_epoch, randomBytes(60), ['pwd'], '1', new Date(), later(30)],
      ]),
    );
    const noted = [device, user.id, new Date(), later(180), device, indexOf('client')];
    await client.query(statement(LOGIN.noteDevice, noted));
    await client.query(statement(LOGIN.addRefreshToken, [randomBytes(32), session, 1, new Date(), later(30)]));
    await client.query(statement(LOGIN.addEvent, [randomUUID(), 'audit', event]));
  });
  return { session };
}

async function register(email: string, password: string): Promise<object> {
  const passwordHash = await gated(() => argon2.hash(password, OPTIONS));
  const id = randomUUID();
  await transaction(async (client) => {
    await client.query(
      statement(REGISTER.addUser, [
        ...[id, randomBytes(80), indexOf(email), passwordHash, new Date(), ['user'], randomBytes(80)],
        ...[randomBytes(64), 'k1'],
      ]),
    );
    await client.query(
      statement(REGISTER.addOneTimeToken, [
        ...[randomBytes(32), 'email_verification', id, 1, new Date(), later(1), randomBytes(250)],
      ]),
    );
    await client.query(statement(REGISTER.addMail, [randomUUID(), 'mail', event]));
    await client.query(statement(REGISTER.addEvent, [randomUUID(), 'audit', event]));
  });
  return { status: 'verification_pending' };
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

async function refresh(token: string): Promise<object> {
  const hash = hashOf(token);
  const now = new Date();
  const { rows } = await pool.query<{ expires_at: Date }>(statement(REFRESH.inspect, [hash, now, later(31)]));
  const [found] = rows;
  if (found === undefined) throw new Error('401');
  const refreshToken = `usr_${randomBytes(32).toString('base64url')}`;
  const client = await pool.connect();
  try {
    await Promise.all([
      client.query(REFRESH.begin),
      client.query(
        statement(REFRESH.rotate, [
          ...[hash, found.expires_at, now, randomBytes(16), hashOf(refreshToken)],
          ...[[randomUUID()], ['audit'], [0], [event]],
        ]),
      ),
      client.query(REFRESH.commit),
    ]);
  } finally {
    client.release();
  }
  return { refreshToken };
}

interface Credentials {
  readonly email: string;
  readonly password: string;
}

const server = fastify();
const json = 'application/json; charset=utf-8';
server.get('/bytes', (_request, reply) => reply.type(json).send(profile));
server.post<{ Body: Credentials }>('/login', ({ body }) => signIn(body.email, body.password));
server.post<{ Body: Credentials }>('/register', ({ body }) => register(body.email, body.password));
server.post<{ Body: { refreshToken: string } }>('/refresh', ({ body }) => refresh(body.refreshToken));
tell({ origin: await server.listen({ host: '127.0.0.1', port: 0 }) });
