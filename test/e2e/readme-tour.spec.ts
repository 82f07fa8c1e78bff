import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalRuns } from '../support/local-runs.js';
import { TourShell, tourSteps } from '../support/readme-tour.js';
import { waitFor } from '../support/wait.js';

const PENDING = '{"status":"verification_pending"}';

describe('The README’s tour', () => {
  let local: LocalRuns;
  let shell: TourShell;

  beforeEach(async () => {
    local = await LocalRuns.inEmptyFolder();
    shell = new TourShell({ port: local.port, auditPort: local.auditPort, data: local.data }, local.home);
  });

  afterEach(async () => {
    shell.close();
    await local.cleanUp();
  });

  it('works as it is written, and leaves one event for each of its actions', async () => {
    await local.startReady();
    const steps = tourSteps();
    const [register = '', verify = '', signIn = '', profile = '', refresh = '', signOut = '', look = '', ...more] =
      steps;
    expect(more).toEqual([]);

    expect(await shell.run(register)).toBe(PENDING);
    expect(await shell.run(verify)).toBe('204');
    expect(await shell.run(signIn)).toBe('');
    const [before, after] = (await shell.run(profile)).split('}{');
    expect(before).toContain('"displayName":"김민지"');
    expect(before).toContain('"phone":null');
    expect(after).toContain('"phone":"+821012345678"');
    expect(await shell.run(refresh)).toBe('');
    expect(await shell.run(signOut)).toBe('204\n401');

    const seen = await waitFor(
      async () => {
        const lines = (await shell.run(look)).split('\n').filter((line) => !/"(?:system|access)\./.test(line));
        return lines.length > 6 && lines;
      },
      { what: 'the events to arrive', timeoutMs: 20_000 },
    );
    expect(seen).toEqual([
      '"type":"identity.registered"',
      '"type":"identity.email_verified"',
      '"type":"session.login_succeeded"',
      '"type":"identity.profile_updated"',
      '"type":"session.refreshed"',
      '"type":"session.logged_out"',
      '{"chainOk":true',
    ]);
  });

  it('goes on where it was after kill -9: every 2xx is still true', async () => {
    await local.startReady();
    const [register = '', verify = '', signIn = '', profile = '', refresh = '', signOut = ''] = tourSteps();
    const killAndStart = async (): Promise<void> => {
      await local.killAll();
      await local.startReady();
    };

    expect(await shell.run(register)).toBe(PENDING);
    await killAndStart();
    expect(await shell.run(verify)).toBe('204');
    await killAndStart();
    expect(await shell.run(signIn)).toBe('');
    await killAndStart();
    expect(await shell.run(profile)).toContain('"phone":"+821012345678"');
    await killAndStart();
    const again = await shell.run('curl -s http://localhost:8000/api/v1/users/me -H "Authorization: Bearer $ACCESS"');
    expect(again).toContain('"phone":"+821012345678"');
    expect(await shell.run(refresh)).toBe('');
    await killAndStart();
    expect(await shell.run(signOut)).toBe('204\n401');
    await killAndStart();
    const code = '-o /dev/null -w "%{http_code}" http://localhost:8000/api/v1/users/me';
    expect(await shell.run(`curl -s ${code} -H "Authorization: Bearer $ACCESS"`)).toBe('401');
  }, 180_000);
});
