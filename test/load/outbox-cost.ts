import { randomBytes, randomUUID } from 'node:crypto';

import argon2 from 'argon2';
import pg from 'pg';

import { inputOf, tell } from './child.js';
import { REGISTER } from './ideal-statements.js';
import { median } from './report.js';

// The statements of a sign-up as the service sends them, with and without those that write to the outbox, in turn.

export interface OutboxCostInput {
  readonly databaseUrl: string;
  readonly signUps: number;
}

/** Medians, milliseconds. */
export interface OutboxCost {
  readonly hashMs: number;
  readonly withMs: number;
  readonly withoutMs: number;
}

const { databaseUrl, signUps } = inputOf<OutboxCostInput>();
const DAY_MS = 86_400_000;
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const payload = JSON.stringify({ type: 'identity.registered', data: 'x'.repeat(700) });

const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const named = (name: string, text: string, values: unknown[]): Promise<unknown> => client.query({ name, text, values });

async function signUp(hash: string, withOutbox: boolean): Promise<void> {
  const id = randomUUID();
  const now = new Date();
  const user = [id, randomBytes(80), randomBytes(32), hash, now, ['user'], randomBytes(80), randomBytes(64), 'k1'];
  const token = [randomBytes(32), 'email_verification', id, 1, now, new Date(now.getTime() + DAY_MS), randomBytes(250)];
  await client.query('BEGIN READ WRITE');
  await named('user', REGISTER.addUser, user);
  await named('token', REGISTER.addOneTimeToken, token);
  if (withOutbox) {
    await named('mail', REGISTER.addMail, [randomUUID(), 'mail', payload]);
    await named('event', REGISTER.addEvent, [randomUUID(), 'audit', payload]);
  }
  await client.query('COMMIT');
}

const times = { hash: [] as number[], with: [] as number[], without: [] as number[] };
for (let count = 0; count < signUps; count += 1) {
  let hash = '';
  times.hash.push(
    await timed(async () => {
      hash = await argon2.hash('a lighthouse keeps no secrets', OPTIONS);
    }),
  );
  const order = count % 2 === 0 ? [true, false] : [false, true];
  for (const isWith of order) (isWith ? times.with : times.without).push(await timed(() => signUp(hash, isWith)));
}
// Nobody is to send them.
await client.query(`DELETE FROM user_service.outbox WHERE available_at = 'infinity'`);
await client.end();
tell({
  hashMs: median(times.hash),
  withMs: median(times.with),
  withoutMs: median(times.without),
} satisfies OutboxCost);
