import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

interface Package {
  readonly type: string;
  readonly scripts: Readonly<Record<string, string>>;
}

const { type, scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as Package;
const SOURCE = 'apps/local/start.ts';

let root: string;

/** What stands for the compiler: writes the program, and ends with the code. */
function compilerEndsWith(code: number): void {
  const main = 'dist/apps/local/src/main.js';
  const lines = [
    '#!/bin/sh',
    `mkdir -p dist/apps/local/src`,
    `echo 'console.log("started")' > ${main}`,
    `exit ${code}`,
  ];
  writeFileSync(join(root, 'bin/swc'), lines.join('\n'), { mode: 0o755 });
}

function start(): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, SOURCE)], {
    encoding: 'utf8',
    env: {
      PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter),
      HOME: root,
      npm_config_update_notifier: 'false',
    },
  });
  return { status, output: stdout + stderr };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'start-'));
  for (const folder of ['apps/local', 'libs', 'migrations', 'bin']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(join(import.meta.dirname, 'start.ts'), join(root, SOURCE));
  writeFileSync(join(root, '.swcrc'), '{}');
  const { start: command, build } = scripts;
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type, scripts: { start: command, build } }));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('npm start', () => {
  it('builds again after a build that failed, and not after one that was good, until a source is newer', () => {
    compilerEndsWith(1);
    expect(start()).toMatchObject({ status: 1, output: expect.stringContaining('The build failed.') });
    compilerEndsWith(0);
    expect(start()).toEqual({ status: 0, output: 'Building …\nstarted\n' });
    expect(start()).toEqual({ status: 0, output: 'started\n' });

    const later = Date.now() / 1_000 + 60;
    utimesSync(join(root, SOURCE), later, later);
    expect(start()).toEqual({ status: 0, output: 'Building …\nstarted\n' });
  });
});
