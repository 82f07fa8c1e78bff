import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../apps/local/src/ports.js';
import { TestProcess } from './process.js';
import { findProgram } from './system-program.js';
import { waitFor } from './wait.js';

export interface TestNginx {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Everything it complained of. */
  errors(): Promise<string>;
  stop(): Promise<void>;
}

/** Temporary files go below the prefix, so that nothing outside of it is touched. */
function mainConfiguration(site: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path tmp/${kind};`,
  );
  return `
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log error.log warn;
    events {}
    http {
      access_log off;
      ${temporary.join('\n      ')}
      ${site}
    }`;
}

/**
 * A real nginx on a free port, with the file as its `http` block. `${NAME}` is filled in as the official image does it;
 * `GATEWAY_LISTEN` is its own address.
 */
export async function startNginx(template: string, variables: Readonly<Record<string, string>>): Promise<TestNginx> {
  const program = findProgram({
    names: ['nginx'],
    package: 'nginx',
    missing: 'The gateway tests need nginx on the PATH: install it, on Debian with "apt-get install nginx".',
  });
  const prefix = await mkdtemp(join(tmpdir(), 'nginx-'));
  const port = await freePort();
  const known = new Map(Object.entries({ ...variables, GATEWAY_LISTEN: `127.0.0.1:${port}` }));
  const text = await readFile(template, 'utf8');
  const site = text.replaceAll(/\$\{([A-Z_]+)\}/g, (whole, name: string) => known.get(name) ?? whole);
  await mkdir(join(prefix, 'tmp'));
  await writeFile(join(prefix, 'nginx.conf'), mainConfiguration(site));
  const process = TestProcess.start(program, ['-p', prefix, '-c', 'nginx.conf', '-e', 'error.log']);
  const errors = (): Promise<string> => readFile(join(prefix, 'error.log'), 'utf8').catch(() => '');
  const stop = async (): Promise<void> => {
    await process.stop('SIGQUIT');
    await rm(prefix, { recursive: true, force: true });
  };
  try {
    await waitFor(async () => !process.isRunning || (await accepts(port)), { what: 'nginx to listen' });
    if (!process.isRunning) throw new Error(`nginx ended: ${await errors()} ${process.output}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, errors, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}
