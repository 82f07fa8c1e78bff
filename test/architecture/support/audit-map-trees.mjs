/**
 * Prints, as JSON, what the compiler says about the audit map: as it is, and over sources that are changed in memory
 * only, each change named by what a person might forget or leave behind.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import ts from 'typescript';

import { REPOSITORY } from './trees.mjs';

const MAP = 'libs/audit-gateway/src/infrastructure/audit-map.ts';
const { config } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, REPOSITORY);
const unchanged = new Map();

function compile(path, change) {
  const changed = join(REPOSITORY, path);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, ...rest) => {
    if (file === changed) {
      const before = readFileSync(file, 'utf8');
      const text = change(before);
      if (text === before) throw new Error(`nothing was changed in ${path}`);
      return ts.createSourceFile(file, text, rest[0]);
    }
    if (!unchanged.has(file)) unchanged.set(file, getSourceFile.call(host, file, ...rest));
    return unchanged.get(file);
  };
  const program = ts.createProgram([join(REPOSITORY, MAP)], options, host);
  const map = program.getSourceFile(join(REPOSITORY, MAP));
  return program.getSemanticDiagnostics(map).map(({ code, messageText }) => ({
    code: `TS${String(code)}`,
    message: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}

/** One more event in the union that a context publishes. */
const withEvent = (type) => (source) =>
  source.replace(/(export type \w+Event =)(?:\s*\|)?/, `$1 DomainEvent<'${type}', { readonly sessionId: string }> |`);
const events = (context) => `libs/${context}/src/domain/events.ts`;
const comment = (source) => `${source}\n// as it is\n`;

process.stdout.write(
  JSON.stringify({
    'as it is': compile(MAP, comment),
    'identity.invented': compile(events('identity'), withEvent('identity.invented')),
    'session.invented': compile(events('session'), withEvent('session.invented')),
    'no entry': compile(MAP, (source) => source.replace(/^ {2}'session\.logged_out': .*\n/m, '')),
    'left over': compile(MAP, (source) =>
      source.replace('AUDIT: AuditMap = {', `AUDIT: AuditMap = {\n  'session.left_over': () => null,`),
    ),
    'other data': compile(MAP, (source) => source.replace('({ data: { renewed } })', '({ data: { email: renewed } })')),
  }),
);
