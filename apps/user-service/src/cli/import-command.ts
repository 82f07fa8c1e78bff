import { open, stat, type FileHandle } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import type { INestApplicationContext } from '@nestjs/common';

import { ImportUsers, type LegacyLine, type LineOutcome } from '#identity';

import { CommandRefused, type Command, type Terminal } from './command.js';
import { linesOfFile } from './lines-of-file.js';
import { ProgressBar } from './progress-bar.js';

// Some 50 ms of one transaction: short beside the limit of a statement, and what a kill costs.
const AT_ONCE = 500;

interface Summary {
  read: number;
  imported: number;
  present: number;
  refused: number;
}

export const importUsers: Command = {
  usage:
    'import-users FILE.jsonl [--dry-run] [--report FILE]    (users of the service before, one JSON object a line; ' +
    'docs/migration-from-python.md describes it. Can be cut off and run again)',
  async run(app, args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, report: { type: 'string' } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new CommandRefused('import-users takes one file');
    const size = await sizeOf(file);
    const reportFile = values.report ?? `${file}.refused.jsonl`;
    const report = await reportAt(reportFile);
    try {
      const bar = new ProgressBar(size, terminal);
      const summary = await importAll(app, file, { dryRun: values['dry-run'] === true, report, bar });
      terminal.print(JSON.stringify(summary));
      conclude(summary, reportFile, terminal);
    } finally {
      await report.close();
    }
  },
};

function conclude({ refused }: Summary, reportFile: string, terminal: Terminal): void {
  if (refused > 0) throw new CommandRefused(`${String(refused)} lines were refused; ${reportFile} says why`);
  terminal.note('Every line is in.');
}

interface Run {
  readonly dryRun: boolean;
  readonly report: FileHandle;
  readonly bar: ProgressBar;
}

async function importAll(app: INestApplicationContext, file: string, run: Run): Promise<Summary> {
  const work = app.get(ImportUsers);
  const summary: Summary = { read: 0, imported: 0, present: 0, refused: 0 };
  let batch: LegacyLine[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const outcomes = await work.execute(batch, run.dryRun);
    await note(batch, outcomes, summary, run.report);
    batch = [];
    run.bar.show(bytes, `${String(summary.read)} lines`);
  };
  for await (const line of linesOfFile(file)) {
    batch.push(line);
    bytes = line.bytes;
    if (batch.length === AT_ONCE) await flush();
  }
  if (batch.length > 0) await flush();
  run.bar.end();
  return summary;
}

async function note(
  lines: readonly LegacyLine[],
  outcomes: readonly LineOutcome[],
  summary: Summary,
  report: FileHandle,
): Promise<void> {
  let refusals = '';
  for (const [n, { number }] of lines.entries()) {
    const outcome = outcomes[n] ?? 'imported';
    summary.read += 1;
    if (typeof outcome === 'string') summary[outcome] += 1;
    else {
      summary.refused += 1;
      refusals += `${JSON.stringify({ line: number, reason: outcome.refused })}\n`;
    }
  }
  if (refusals !== '') await report.write(refusals);
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new CommandRefused('The file cannot be read');
  return found.size;
}

async function reportAt(file: string): Promise<FileHandle> {
  return open(file, 'w', 0o600).catch(() => {
    throw new CommandRefused('--report must name a file in a folder that can be written to');
  });
}
