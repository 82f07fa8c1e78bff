import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';

import { startAuditService } from '../support/audit-service.js';
import { findProgram } from '../support/system-program.js';
import { startTestApp } from '../support/test-app.js';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const FOLDER = join(import.meta.dirname, '../../deploy/prometheus');
const RULES = 'audit.rules.yml';
const run = promisify(execFile);

let promtool: string;
let folder: string;
let alerts: Alert[];

/** What promtool says of the rules, after a change to them. */
async function check(command: 'check' | 'test', change: (rules: string) => string = (rules) => rules): Promise<string> {
  await writeFile(join(folder, RULES), change(await readFile(join(FOLDER, RULES), 'utf8')));
  const file = command === 'check' ? RULES : 'audit.rules.test.yml';
  return run(promtool, [command, 'rules', file], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: unknown) => `FAILED ${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`,
  );
}

describe('AU-13 The alert rules', () => {
  beforeAll(async () => {
    promtool = findProgram({
      names: ['promtool'],
      package: 'prometheus',
      missing: 'The alert rules need promtool on the PATH: install it, on Debian with "apt-get install prometheus".',
    });
    folder = await mkdtemp(join(tmpdir(), 'rules-'));
    await cp(FOLDER, folder, { recursive: true });
    const { groups } = load(await readFile(join(FOLDER, RULES), 'utf8')) as { groups: { rules: Alert[] }[] };
    alerts = groups.flatMap(({ rules }) => rules);
  }, 360_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are rules, and fire when they should and only then', async () => {
    expect(await check('check')).toContain(`SUCCESS: ${alerts.length} rules found`);
    expect(await check('test')).toContain('SUCCESS');
  });

  it.each([
    ['> 300', '> 30'],
    ['max(audit_dead_letters) > 0', 'max(audit_dead_letters) > 1'],
    ['> 0.5 *', '> 0.7 *'],
    ['audit_breaker_state == 2', 'audit_breaker_state == 1'],
    ['audit_outbox_over_limit) == 1', 'audit_outbox_over_limit) == 2'],
    ['audit_receiver_broken_lanes) > 0', 'audit_receiver_broken_lanes) > 1'],
    ['audit_receiver_conflicts_total[10m]) > 0', 'audit_receiver_conflicts_total[10m]) > 2'],
    ['result=~"refused|torn"', 'result=~"torn"'],
    ['places_without_event[1h])) > 0', 'places_without_event[1h])) > 1'],
    ['failures_uncounted_total[15m])) > 0', 'failures_uncounted_total[15m])) > 2'],
  ])('are tested so that %s cannot become %s', async (right, wrong) => {
    expect(await check('test', (rules) => rules.replace(right, wrong))).toMatch(/^FAILED/);
  });

  it('speak English and Korean', () => {
    for (const { labels, annotations } of alerts) {
      expect(Object.keys(annotations).sort()).toEqual(['description', 'description_ko', 'summary', 'summary_ko']);
      expect(annotations['summary_ko']).toMatch(/[가-힣]/);
      expect(annotations['description_ko']).toMatch(/[가-힣]/);
      expect(['page', 'ticket']).toContain(labels['severity']);
    }
  });

  it('and the documents name nothing but what the two services tell', async () => {
    const [user, audit] = [await startTestApp(), await startAuditService()];
    try {
      const texts = [(await user.api.get('/metrics')).text, (await audit.get('/metrics', {})).text];
      const told = new Set(texts.flatMap((text) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)));
      const named = alerts.flatMap(({ expr }) => expr.match(/\b(?:audit|sign_in)_\w+/g) ?? []);
      expect(named.length).toBeGreaterThanOrEqual(alerts.length);
      expect(named.filter((name) => !told.has(name))).toEqual([]);
      // What is documented is there as well.
      for (const page of ['audit.md', 'audit-service.md']) {
        const rows = (await readFile(join(FOLDER, '../../docs', page), 'utf8')).matchAll(/^\| `(audit_\w+)`/gm);
        const documented = Array.from(rows, ([, name = '']) => name);
        expect(documented.length).toBeGreaterThanOrEqual(8);
        expect(documented.filter((name) => !told.has(name))).toEqual([]);
      }
      // The values of labels too: each has its series from the start.
      for (const { expr } of alerts) {
        for (const [, metric = '', values = ''] of expr.matchAll(/(\w+)\{result=~?"([^"]+)"\}/g)) {
          for (const value of values.split('|')) expect(texts[0]).toContain(`${metric}{result="${value}"}`);
        }
      }
    } finally {
      await user.close();
      await audit.close();
    }
  });
});
