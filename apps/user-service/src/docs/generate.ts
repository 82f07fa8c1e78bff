// `npm run docs:generate` writes the files below; `npm run docs:check` exits 1 and names those that drifted.
import 'reflect-metadata';

import { describeEvents } from '#audit-gateway';
import { ProblemCatalogue, validationTexts } from '#platform/http';
import { auditServiceDescription } from '../../../audit-service/src/docs.js';
import { VARIABLE_GROUPS } from '../config/variables.js';
import { buildOpenApi } from '../openapi.js';
import { renderConfigurationDoc, renderEnvExample } from './configuration-doc.js';
import { renderErrorsDoc } from './errors-doc.js';
import { renderEventsDoc } from './events-doc.js';
import { driftedFiles, writeFiles, type GeneratedFile } from './generated-files.js';
import { createSampleApp, SAMPLE_BASE_URL } from './sample-app.js';

// Described, never started: neither a database nor a network is needed.
const app = await createSampleApp();

const FILES: readonly GeneratedFile[] = [
  { path: 'docs/configuration.md', render: () => renderConfigurationDoc(VARIABLE_GROUPS) },
  { path: '.env.example', render: () => renderEnvExample(VARIABLE_GROUPS) },
  { path: 'docs/errors.md', render: () => renderErrorsDoc(app.get(ProblemCatalogue), validationTexts()) },
  {
    path: 'docs/events.md',
    render: () => renderEventsDoc(describeEvents(SAMPLE_BASE_URL)),
  },
  { path: 'apps/audit-service/openapi.json', render: auditServiceDescription },
  { path: 'openapi.json', render: () => `${JSON.stringify(buildOpenApi(app), null, 2)}\n` },
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
