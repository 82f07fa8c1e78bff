/** Prints, as JSON, what dependency-cruiser should find and finds in the clean tree and in the fixtures. */
import { join } from 'node:path';
import process from 'node:process';

import { cruise } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

import { marksIn } from './marks.mjs';
import { REPOSITORY, withTrees } from './trees.mjs';

const options = await extractDepcruiseOptions(join(REPOSITORY, '.dependency-cruiser.cjs'));

const findingsIn = (modules) =>
  modules.flatMap(({ source, rules = [], dependencies }) => [
    ...rules.map(({ name }) => `${source} null ${name}`),
    ...dependencies.flatMap((dependency) =>
      (dependency.rules ?? []).map(({ name }) => `${source} ${dependency.module} ${name}`),
    ),
  ]);

async function cruiseTree({ name, folder, files }) {
  // The tool resolves its tsconfig and manifest from where it runs.
  process.chdir(folder);
  const { output } = await cruise(['apps', 'libs', 'migrations', 'test'], { ...options, baseDir: folder }, undefined, {
    tsConfig: extractTSConfig(join(folder, 'tsconfig.json')),
  });
  const expected = marksIn(folder, files).map(({ file, specifier }) => `${file} ${String(specifier)} ${name}`);
  return {
    checked: output.summary.totalCruised,
    expected: expected.sort(),
    findings: findingsIn(output.modules).sort(),
  };
}

const trees = await withTrees('dependencies', { perTree: true }, async (planted) => {
  const reports = {};
  for (const tree of planted) reports[tree.name] = await cruiseTree(tree);
  process.chdir(REPOSITORY);
  return reports;
});
process.stdout.write(JSON.stringify({ rules: options.ruleSet.forbidden.map(({ name }) => name), trees }));
