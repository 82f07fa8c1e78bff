import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface TreeReport {
  /** Files that the tool looked at; none would make an empty report worthless. */
  readonly checked: number;
  readonly expected: readonly string[];
  readonly findings: readonly string[];
  readonly withoutFlag?: readonly string[];
}

export interface Report {
  /** The rules that must have a fixture. */
  readonly rules: readonly string[];
  readonly trees: Readonly<Record<string, TreeReport>>;
}

/** Runs a tool over its fixture trees in a process of its own, because linters do not load inside Jest's modules. */
export async function reportOf(script: string): Promise<Report> {
  const path = join(import.meta.dirname, `${script}.mjs`);
  const { stdout } = await promisify(execFile)(process.execPath, [path], { maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout) as Report;
}

/** The names of the fixtures whose tool did not report exactly the lines they mark, with what it said instead. */
export const surprises = ({ trees }: Report): Record<string, TreeReport> =>
  Object.fromEntries(
    Object.entries(trees).filter(
      ([, { expected, findings }]) => JSON.stringify([...expected].sort()) !== JSON.stringify([...findings].sort()),
    ),
  );

export const fixtures = ({ trees }: Report): string[] => Object.keys(trees).filter((name) => name !== 'clean');

export const rulesWithoutFixture = ({ rules, trees }: Report): string[] => rules.filter((rule) => !(rule in trees));

/** Fixtures that break nothing prove nothing. */
export const idle = (report: Report): string[] =>
  fixtures(report).filter((name) => report.trees[name]?.findings.length === 0);
