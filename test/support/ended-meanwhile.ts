import { expect } from '@jest/globals';

import type { Answer } from './api-client.js';
import { expectProblem } from './expectations.js';
import type { TestApp } from './test-app.js';
import { waitFor } from './wait.js';

/**
 * Calls in one session that wait for an account, while the owner of that session ends it from another one: none of them
 * counts. `held` is whose account, `token` that of the other session.
 */
export async function expectEndedMeanwhile(
  app: TestApp,
  { held, token }: { readonly held: string; readonly token: string },
  begin: () => Promise<Answer>[],
): Promise<void> {
  await app.sql.query('BEGIN');
  await app.sql.query('SELECT 1 FROM user_service.users WHERE id = $1 FOR NO KEY UPDATE', [held]);
  const calls = begin();
  const areWaiting = async (): Promise<boolean> => {
    const rows = await app.sql.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length === calls.length;
  };
  try {
    await waitFor(areWaiting, { what: 'the calls to wait for the account' });
    expect((await app.api.call('DELETE', '/api/v1/users/me/sessions', { token })).status).toBe(204);
  } finally {
    await app.sql.query('COMMIT');
  }

  for (const answer of await Promise.all(calls)) expectProblem(answer, 401, 'session_revoked');
}
