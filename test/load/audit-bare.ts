import pg from 'pg';
import { Pool } from 'undici';

import { inputOf, tell } from './child.js';

// The limit: claim, POST and delete, in batches of the same size, of rows as they are in the outbox. No chain, no order,
// no lanes, nothing that could fail.

const { databaseUrl, origin, batch } = inputOf<{ databaseUrl: string; origin: string; batch: number }>();
const TABLE = 'user_service.bare_queue';

const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();
const http = new Pool(origin, { connections: 1 });
const begun = performance.now();
let sent = 0;
for (;;) {
  await client.query('BEGIN');
  const { rows } = await client.query<{ id: string; payload: string }>(
    `SELECT id, payload::text AS payload FROM ${TABLE} ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [batch],
  );
  if (rows.length === 0) break;
  const body = `[${rows.map(({ payload }) => payload).join(',')}]`;
  const { statusCode, body: answer } = await http.request({ method: 'POST', path: '/api/v1/events', body });
  await answer.dump();
  if (statusCode !== 202) throw new Error(`The sink answered ${statusCode}`);
  await client.query(`DELETE FROM ${TABLE} WHERE id = ANY ($1::uuid[])`, [rows.map(({ id }) => id)]);
  await client.query('COMMIT');
  sent += rows.length;
}
tell({ rate: sent / ((performance.now() - begun) / 1_000) });
