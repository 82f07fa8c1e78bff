// `npm run docs:generate` writes the files below; `npm run docs:check` exits 1 and names those that drifted.
import { VARIABLE_GROUPS } from '../config/variables.js';
import { renderConfigurationDoc, renderEnvExample } from './configuration-doc.js';
import { driftedFiles, writeFiles, type GeneratedFile } from './generated-files.js';

const FILES: readonly GeneratedFile[] = [
  { path: 'docs/configuration.md', render: () => renderConfigurationDoc(VARIABLE_GROUPS) },
  { path: '.env.example', render: () => renderEnvExample(VARIABLE_GROUPS) },
];

// npm runs scripts in the root of the repository.
const root = process.cwd();

if (process.argv.includes('--check')) {
  const drifted = await driftedFiles(FILES, root);
  for (const path of drifted) process.stderr.write(`${path} is not up to date: run npm run docs:generate\n`);
  process.exitCode = drifted.length === 0 ? 0 : 1;
} else {
  for (const path of await writeFiles(FILES, root)) process.stdout.write(`wrote ${path}\n`);
}
