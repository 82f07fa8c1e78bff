/** Prints, as JSON, what knip finds in the clean tree and in the fixtures of kind `dead-code`, by kind of issue. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

import { filesBelow, REPOSITORY, withTrees } from './trees.mjs';

const KNIP = join(REPOSITORY, 'node_modules/knip/bin/knip.js');
const SETTINGS = [
  '--config',
  join(REPOSITORY, 'knip.json'),
  '--no-progress',
  '--no-config-hints',
  '--reporter',
  'json',
];

/** What each fixture holds that nobody uses. */
const EXPECTED = {
  clean: [],
  dependencies: ['dependencies fastify'],
  exports: ['exports CredentialVerifier', 'exports NobodyThrowsThis'],
  files: ['files libs/identity/src/infrastructure/unused.ts'],
  types: ['types NobodyHearsThis'],
};

function findingsIn(folder) {
  const { stdout } = spawnSync(process.execPath, [KNIP, ...SETTINGS], { cwd: folder, encoding: 'utf8' });
  return JSON.parse(stdout)
    .issues.flatMap(({ file, ...kinds }) =>
      Object.entries(kinds).flatMap(([kind, found]) =>
        Array.isArray(found) ? found.map(({ name }) => `${kind} ${name ?? file}`) : [],
      ),
    )
    .sort();
}

const trees = await withTrees('dead-code', { perTree: true }, (planted) =>
  Object.fromEntries(
    planted.map(({ name, folder }) => [
      name,
      { checked: filesBelow(folder).length, expected: EXPECTED[name], findings: findingsIn(folder) },
    ]),
  ),
);
process.stdout.write(JSON.stringify({ rules: Object.keys(EXPECTED).filter((name) => name !== 'clean'), trees }));
