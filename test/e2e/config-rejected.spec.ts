import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freePort } from '../../apps/local/src/ports.js';
import { AuditStub } from '../support/audit-stub.js';
import { TestProcess } from '../support/process.js';
import { productionEnvironment } from '../support/production-env.js';
import { startTestApp, testEnvironment } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const MAIN = 'apps/user-service/src/main.js';
const SECRET = 'this is no good secret';
/** Discard (RFC 863): nobody listens there. */
const NOWHERE = 'postgresql://nobody:nothing@127.0.0.1:9/nothing';
/** On a machine that has other work. */
const SOON_MS = 15_000;

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

  it.each(['/proc/x', '/proc/x/y/z', '/proc', '/dev/null/x'])(
    'says in one line, and soon, that the spool can never be in %s',
    async (dir) => {
      const settings = testEnvironment(NOWHERE, folder);
      const env = { PATH: process.env['PATH'] ?? '', ...settings, ...productionEnvironment(), AUDIT_SPOOL_DIR: dir };
      const started = TestProcess.startBuilt(MAIN, { env });
      try {
        await waitFor(() => !started.isRunning, { what: 'its end', timeoutMs: SOON_MS });
      } finally {
        await started.stop('SIGKILL');
      }

      expect([await started.exited, started.stdout]).toEqual([{ code: 1, signal: null }, []]);
      expect(started.stderr).toEqual([
        'The configuration is wrong (see docs/configuration.md):',
        '  AUDIT_SPOOL_DIR names a folder that cannot be made or written',
      ]);
    },
  );

  it('warns where it is the folder that nobody has named', async () => {
    // Its default lies in the directory it is started from.
    await writeFile(join(folder, '.data'), '');
    const { AUDIT_SPOOL_DIR: _, ...settings } = testEnvironment(NOWHERE, folder);
    const env = {
      PATH: process.env['PATH'] ?? '',
      ...settings,
      ...productionEnvironment(),
      PORT: String(await freePort()),
    };
    const started = TestProcess.startBuilt(MAIN, { env, cwd: folder });
    await started.line(/service_listening/);
    await started.stop('SIGKILL');

    expect(started.log).toContainEqual(expect.objectContaining({ event: 'setting_unusable', code: 'AUDIT_SPOOL_DIR' }));
  });

  it('ends as soon where more is wrong than the folder', async () => {
    const began = performance.now();
    const { code, text } = await start({ AUDIT_SPOOL_DIR: '/proc/x' });

    expect([code, text.includes('JWT_SECRET')]).toEqual([1, true]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  });
});
