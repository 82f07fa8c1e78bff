import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditStub } from '../support/audit-stub.js';
import { TestProcess } from '../support/process.js';
import { productionEnvironment } from '../support/production-env.js';
import { startTestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const MAIN = 'apps/user-service/src/main.js';
const SECRET = 'this is no good secret';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-rejected-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(env: Readonly<Record<string, string>>): Promise<{ code: number | null; text: string }> {
  const { JWT_SECRET: _, ...rest } = productionEnvironment();
  const started = TestProcess.startBuilt(MAIN, {
    env: { PATH: process.env['PATH'] ?? '', ...rest, JWT_SECRET: SECRET, DATABASE_URL: 'nonsense', ...env },
  });
  const { code } = await started.exited;
  return { code, text: [...started.stdout, ...started.stderr].join('\n') };
}

describe('A start that the configuration forbids', () => {
  it('is told by the next process, with the names of the variables and no value', async () => {
    const spool = join(folder, 'spool');
    const { code, text } = await start({ AUDIT_SPOOL_DIR: spool });
    expect(code).toBe(1);
    expect(text).toContain('JWT_SECRET');
    const [file = ''] = await readdir(spool);
    expect(await readFile(join(spool, file), 'utf8')).not.toContain(SECRET);

    const stub = await AuditStub.start();
    const app = await startTestApp({ AUDIT_SERVICE_URL: stub.url, AUDIT_SPOOL_DIR: spool });
    const told = () => stub.events.filter(({ type }) => type === 'system.config_rejected');
    await waitFor(() => told().length > 0, { what: 'the event' });

    expect(told()).toHaveLength(1);
    expect(told()[0]?.data).toMatchObject({ outcome: 'failure', reason: 'config_invalid', actor: { type: 'system' } });
    expect(told()[0]?.data.details?.['variables']).toEqual(expect.arrayContaining(['JWT_SECRET', 'DATABASE_URL']));
    expect(stub.report().violations).toEqual([]);
    await waitFor(async () => (await readdir(spool)).length === 0, { what: 'an empty spool' });
    await app.close();
    await stub.close();
  });

  it('ends with the same message where the folder cannot be written', async () => {
    await writeFile(join(folder, 'a-file'), '');
    const { code, text } = await start({ AUDIT_SPOOL_DIR: join(folder, 'a-file') });

    expect(code).toBe(1);
    expect(text).toContain('The configuration is wrong');
  });
});
