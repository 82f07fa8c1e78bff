/**
 * What the headline paths cost at least: a bare Fastify that sends the statements of the service straight through
 * `pg` and makes the same hash, behind the same gate. No encryption, tokens, checks, logs, metrics or mails.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';

import * as argon2 from 'argon2';
import { fastify } from 'fastify';
import pg from 'pg';

import { inputOf, tell } from './child.js';

export interface IdealInput {
  readonly databaseUrl: string;
  /** base64 */
  readonly blindIndexKey: string;
  /** What `GET /users/me` answers. */
  readonly profile: string;
  readonly userId: string;
  readonly sessionId: string;
}

const OPTIONS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const DAY_MS = 86_400_000;

const CREDENTIALS = `
  SELECT u.id, u.email_enc, u.profile_enc, u.email_verified_at, u.password_hash, u.status, u.roles, u.locale,
         u.mfa_enabled, u.security_epoch, u.version, u.created_at, u.updated_at, k.wrapped_key, k.kek_id
    FROM user_service.users u
    JOIN user_service.user_keys k ON k.user_id = u.id`;
const HOLD = `SELECT 1 FROM user_service.users WHERE id = $1 AND security_epoch = $2 AND status = 'active' FOR SHARE`;
const LIVE = 'SELECT 1 FROM user_service.sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2';
const ADD_SESSION = `
  INSERT INTO user_service.sessions (id, user_id, epoch, ip_enc, amr, acr, auth_time, created_at, last_seen_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)`;
const ADD_REFRESH_TOKEN = `
  INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
  VALUES ($1, $2, $3, $4, $5)`;
const ADD_USER = `
  INSERT INTO user_service.users (id, email_enc, email_index, password_hash, password_changed_at, status, roles,
                                  profile_enc, locale, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, 'en', $5, $5) ON CONFLICT DO NOTHING RETURNING id`;
const ADD_KEY = 'INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) VALUES ($1, $2, $3)';
const ADD_ONE_TIME_TOKEN = `
  INSERT INTO user_service.one_time_tokens (hash, purpose, user_id, security_epoch, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;
// Not due within the run, so that the service does not take up what it cannot read.
const ADD_TO_OUTBOX = `
  INSERT INTO user_service.outbox (id, topic, lane, payload, available_at) VALUES ($1, $2, 0, $3, 'infinity')`;

const { databaseUrl, blindIndexKey, profile, userId, sessionId } = inputOf<IdealInput>();
const pool = new pg.Pool({ connectionString: databaseUrl, max: 15 });
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
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const later = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const indexOf = (email: string): Buffer => createHmac('sha256', indexKey).update(email).digest();

async function signIn(email: string, password: string): Promise<object> {
  const { rows } = await pool.query<{ id: string; password_hash: string; security_epoch: number }>(
    statement(`${CREDENTIALS} WHERE u.email_index = $1`, [indexOf(email)]),
  );
  const [user] = rows;
  if (user === undefined || !(await gated(() => argon2.verify(user.password_hash, password)))) throw new Error('401');
  const session = randomUUID();
  await transaction(async (client) => {
    await client.query(statement(HOLD, [user.id, user.security_epoch]));
    await client.query(
      statement(ADD_SESSION, [
        ...[session, user.id, user.security_epoch, randomBytes(60), ['pwd'], '1', new Date(), later(30)],
      ]),
    );
    await client.query(statement(ADD_REFRESH_TOKEN, [randomBytes(32), session, 1, new Date(), later(30)]));
    await client.query(statement(ADD_TO_OUTBOX, [randomUUID(), 'audit', event]));
  });
  return { session };
}

async function register(email: string, password: string): Promise<object> {
  const passwordHash = await gated(() => argon2.hash(password, OPTIONS));
  const id = randomUUID();
  await transaction(async (client) => {
    await client.query(
      statement(ADD_USER, [
        ...[id, randomBytes(80), indexOf(email), passwordHash, new Date(), ['user'], randomBytes(80)],
      ]),
    );
    await client.query(statement(ADD_KEY, [id, randomBytes(64), 'k1']));
    await client.query(
      statement(ADD_ONE_TIME_TOKEN, [randomBytes(32), 'email_verification', id, 1, new Date(), later(1)]),
    );
    await client.query(statement(ADD_TO_OUTBOX, [randomUUID(), 'mail', event]));
    await client.query(statement(ADD_TO_OUTBOX, [randomUUID(), 'audit', event]));
  });
  return { status: 'verification_pending' };
}

interface Credentials {
  readonly email: string;
  readonly password: string;
}

const server = fastify();
const json = 'application/json; charset=utf-8';
server.get('/bytes', (_request, reply) => reply.type(json).send(profile));
server.get('/me', async (_request, reply) => {
  await pool.query(statement(LIVE, [sessionId, new Date()]));
  await pool.query(statement(`${CREDENTIALS} WHERE u.id = $1`, [userId]));
  return reply.type(json).send(profile);
});
server.post<{ Body: Credentials }>('/login', ({ body }) => signIn(body.email, body.password));
server.post<{ Body: Credentials }>('/register', ({ body }) => register(body.email, body.password));
tell({ origin: await server.listen({ host: '127.0.0.1', port: 0 }) });
