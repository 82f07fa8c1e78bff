/**
 * Prints, as JSON, what the compiler should find and finds in the clean tree and in the fixtures of kind `types`, each
 * named by the flag that it breaks; `withoutFlag` is what is left of it when that flag is off.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

import { marksIn } from './marks.mjs';
import { REPOSITORY, withTrees } from './trees.mjs';

const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
const MESSAGE = /^trees\/(?<tree>[^/]+)\/(?<place>[^(]+\(\d+),\d+\): error (?<code>TS\d+)/;

function compile(root, ...flags) {
  const { stdout, status } = spawnSync(process.execPath, [TSC, '-p', '.', '--pretty', 'false', ...flags], {
    cwd: root,
    encoding: 'utf8',
  });
  const found = stdout.split('\n').flatMap((line) => {
    const message = MESSAGE.exec(line)?.groups;
    return message ? [{ tree: message.tree, text: `${message.place.replace('(', ':')} ${message.code}` }] : [];
  });
  if ((status === 0) !== (found.length === 0)) throw new Error(`the compiler answered ${String(status)}: ${stdout}`);
  return (tree) => found.filter((finding) => finding.tree === tree).map(({ text }) => text);
}

const trees = await withTrees('types', {}, (planted, root) => {
  const found = compile(root);
  return Object.fromEntries(
    planted.map(({ name, folder, files }) => [
      name,
      {
        checked: files.length,
        expected: marksIn(folder, files).map(({ file, line, code }) => `${file}:${String(line)} ${code}`),
        findings: found(name),
        withoutFlag: name === 'clean' ? [] : compile(root, `--${name}`, 'false')(name),
      },
    ]),
  );
});
process.stdout.write(JSON.stringify({ rules: ['noUncheckedIndexedAccess', 'exactOptionalPropertyTypes'], trees }));
