/** Prints, as JSON, what ESLint should find and finds in the clean tree and in the fixtures of kind `lint`. */
import { join, relative } from 'node:path';
import process from 'node:process';

import { ESLint } from 'eslint';

import { rules } from '../../../eslint-house-rules.mjs';
import { marksIn } from './marks.mjs';
import { REPOSITORY, withTrees } from './trees.mjs';

/** The linter's own notice of a comment that cannot switch a rule off has no rule id. */
const nameOf = ({ ruleId, message }) =>
  ruleId === null && message.includes('noInlineConfig') ? 'no-disable-comment' : String(ruleId).split('/').pop();

async function lintTree({ name, folder, files }) {
  const sources = files.filter((file) => file.endsWith('.ts'));
  const eslint = new ESLint({ cwd: folder, overrideConfigFile: join(REPOSITORY, 'eslint.config.mjs') });
  const results = await eslint.lintFiles(sources);
  const findings = results.flatMap(({ filePath, messages }) =>
    messages.map((message) => `${relative(folder, filePath)}:${String(message.line)} ${nameOf(message)}`),
  );
  const expected = marksIn(folder, sources).map(({ file, line }) => `${file}:${String(line)} ${name}`);
  return { checked: results.length, expected: expected.sort(), findings: findings.sort() };
}

const trees = await withTrees('lint', {}, async (planted) => {
  const reports = {};
  for (const tree of planted) reports[tree.name] = await lintTree(tree);
  return reports;
});
process.stdout.write(
  JSON.stringify({ rules: [...Object.keys(rules), 'complexity', 'max-lines', 'max-lines-per-function'], trees }),
);
