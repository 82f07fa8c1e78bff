import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

function run(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const env = { PATH: process.env['PATH'], ...app.env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'mail', ...args], { env, encoding: 'utf8' });
  return { status, out: stdout.trim(), err: stderr.trim() };
}

describe('A mail that cannot be delivered', () => {
  it('is set aside, shown without what it says, tried again and discarded by an operator', async () => {
    const { userId, email } = await app.api.signedInUser();
    await app.mailsSent();
    const id = randomUUID();
    // Whoever altered it had no key: it cannot be read.
    const payload = {
      template: 'verify_email',
      userId,
      language: 'en',
      sealed: Buffer.from('altered').toString('base64'),
    };
    await app.sql.query(`INSERT INTO user_service.outbox (id, topic, lane, payload) VALUES ($1, 'mail', 0, $2)`, [
      id,
      JSON.stringify(payload),
    ]);
    const parked = async (attempts: number): Promise<boolean> =>
      (
        await app.sql.query(
          `SELECT 1 FROM user_service.outbox WHERE id = $1 AND available_at = 'infinity' AND attempts = $2`,
          [id, attempts],
        )
      ).length === 1;
    await waitFor(() => parked(1));

    const listed = run('list');
    expect(JSON.parse(listed.out)).toEqual({
      id,
      template: 'verify_email',
      userId,
      createdAt: expect.any(String),
      attempts: 1,
    });
    expect(listed.out).not.toContain(email);
    expect(run('retry', id)).toMatchObject({ status: 0, out: '1' });
    await waitFor(() => parked(2));
    expect(run('discard', id)).toMatchObject({ status: 1, err: expect.stringContaining('--yes') });
    expect(run('discard', id, '--yes')).toMatchObject({ status: 0 });
    expect(run('list').out).toBe('');
    expect(run('retry', id)).toMatchObject({ status: 1, err: expect.stringContaining('No such mail') });
    expect(run('retry', '--all')).toMatchObject({ status: 0, out: '0' });
  });
});
