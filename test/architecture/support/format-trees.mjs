/** Prints, as JSON, the files that Prettier would change in the clean tree and in the fixture of kind `format`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

import { filesBelow, REPOSITORY, withTrees } from './trees.mjs';

const PRETTIER = join(REPOSITORY, 'node_modules/prettier/bin/prettier.cjs');
const SETTINGS = ['--config', join(REPOSITORY, '.prettierrc.json'), '--list-different', '.'];

const trees = await withTrees('format', {}, (planted) =>
  Object.fromEntries(
    planted.map(({ name, folder, files }) => {
      const { stdout, stderr } = spawnSync(process.execPath, [PRETTIER, ...SETTINGS], {
        cwd: folder,
        encoding: 'utf8',
      });
      const findings = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
      return [name, { checked: filesBelow(folder).length, expected: name === 'clean' ? [] : files, findings }];
    }),
  ),
);
process.stdout.write(JSON.stringify({ rules: ['prettier'], trees }));
