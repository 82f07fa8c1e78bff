import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { startService } from '../support/process.js';
import { createTestDatabase } from '../support/test-database.js';

const DOCUMENT = join(import.meta.dirname, '../../docs/migration-from-python.md');

/** The example of the document: the old service's file, and what was added to it. */
async function documented(): Promise<Record<string, string>> {
  const [, block = ''] = /```ini\n([^]*?)```/.exec(await readFile(DOCUMENT, 'utf8')) ?? [];
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('The environment file of the service before, with the three variables that the document adds', () => {
  it('starts this service under the rules of production', async () => {
    const database = await createTestDatabase();
    const key = (): string => randomBytes(32).toString('base64');
    const env = {
      ...(await documented()),
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url.replace('postgresql://', 'postgresql+asyncpg://'),
      JWT_SECRET: randomBytes(64).toString('base64url'),
      DATA_ENCRYPTION_KEYS: `key-1:${key()}`,
      BLIND_INDEX_KEY: key(),
    };
    expect(env).toMatchObject({ DEBUG: 'false', JWT_ALGORITHM: 'HS512', REDIS_URL: expect.any(String) });
    expect(env.DATABASE_URL).toMatch(/^postgresql\+asyncpg:/);

    const { process: service, origin } = await startService('apps/user-service/src/main.js', env);
    try {
      const answer = await fetch(`${origin}/api/v1/auth/password/forgot`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"email":"nobody@example.com"}',
      });
      expect(answer.status).toBe(202);
    } finally {
      await service.stop('SIGTERM');
      await database.drop();
    }
  });
});
