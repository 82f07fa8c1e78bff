import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { CreateApiKey } from '#identity';

import { COMPILED_ONCE } from './process.js';
import type { TestApp } from './test-app.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');

export interface CliResult {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** An operator's command against the database of a running test service. */
export function runCli({ env }: Pick<TestApp, 'env'>, ...args: readonly string[]): CliResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'], ...COMPILED_ONCE, ...env },
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

/** Makes a key as an operator would, without a process of its own. */
export async function createApiKey({ app }: Pick<TestApp, 'app'>, ...scopes: readonly string[]): Promise<string> {
  const { key } = await app
    .get(CreateApiKey, { strict: false })
    .execute({ name: 'test client', scopes, createdBy: null });
  return key;
}

/** The public half. */
export function prefixOf(key: string): string {
  return key.split('_')[1] ?? '';
}
