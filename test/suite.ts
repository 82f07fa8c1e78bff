/**
 * `npm test`: every spec, in two rounds. First all that can share the machine, as many at once as keep it busy; then,
 * one after the other, those that measure. Node runs this file as it is (type stripping), so it imports nothing of ours.
 *
 * With `--json --outputFile=<file>` the counts of both rounds are written there; any other argument is Jest's, and then
 * Jest runs as it is asked, once.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const JEST = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  join(ROOT, 'node_modules/jest/bin/jest.js'),
];

/** They measure, or kill and pause what others would wait for: none of them can share the machine with anybody. */
const ALONE = [
  'test/security/no-enumeration.spec.ts',
  'test/e2e/registration-timing.spec.ts',
  'test/e2e/shared-rate-limit.spec.ts',
  'test/e2e/sign-in-timing.spec.ts',
  ...globSync('test/faults/*.spec.ts', { cwd: ROOT }).sort(),
];

/** For Jest to end its servers in. */
const LAST_WORDS_MS = 5_000;

/** Files that may have a second chance; where more fail something is broken. */
const MOST_AGAIN = 4;
const AGAIN_S = 300;

interface Round {
  readonly name: string;
  readonly args: readonly string[];
  /** What takes longer has hung: it is ended, and counts as failed. */
  readonly limitSeconds: number;
}

const ROUNDS: readonly Round[] = [
  {
    name: 'side by side',
    args: [`--maxWorkers=${availableParallelism()}`, '--testPathIgnorePatterns', '/node_modules/', ...ALONE],
    limitSeconds: 900,
  },
  { name: 'alone', args: ['--maxWorkers=1', '--runTestsByPath', ...ALONE], limitSeconds: 1_200 },
];

/** What is read of Jest's own report about a file of specs. */
interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

interface Report {
  readonly files: readonly FileReport[];
  /** Rounds that ended without a word about what they ran. */
  readonly lost: number;
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let running: ChildProcess | undefined;
let isStopped = false;

/** With its workers, which are of its group. */
function end(signal: NodeJS.Signals): void {
  try {
    if (running?.pid !== undefined) process.kill(-running.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves to Jest's exit code, or null when it had to be ended. */
async function jest(args: readonly string[], limitSeconds: number): Promise<number | null> {
  const child = spawn(process.execPath, [...JEST, ...args], { cwd: ROOT, stdio: 'inherit', detached: true });
  running = child;
  const limit = setTimeout(end, limitSeconds * 1_000, 'SIGKILL');
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(limit);
  end('SIGKILL');
  running = undefined;
  return code;
}

async function run({ name, args, limitSeconds }: Round, folder: string): Promise<Report> {
  process.stdout.write(`\n== tests ${name}\n`);
  const file = join(folder, `${name}.json`);
  const code = await jest([...args, '--json', `--outputFile=${file}`], limitSeconds);
  if (!existsSync(file)) {
    process.stdout.write(`== tests ${name}: ${code === null ? 'ended' : `exit ${String(code)}`}\n`);
    return { files: [], lost: 1 };
  }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as { readonly testResults: FileReport[] };
  const files = testResults.map((report) => ({ ...report, name: relative(ROOT, report.name) }));
  // Jest may know of a failure that is no test's.
  return { files, lost: code === 0 || files.some(hasFailed) ? 0 : 1 };
}

const hasFailed = ({ status }: FileReport): boolean => status === 'failed';

/**
 * What failed in a file or two may be the machine's doing, which has other guests as well: it is given the machine once
 * more, alone, and that counts. What needed it is named, so that nobody takes it for steady.
 */
async function again(first: Report, folder: string): Promise<Report> {
  const failed = first.files.filter(hasFailed).map(({ name }) => name);
  if (failed.length === 0 || failed.length > MOST_AGAIN || isStopped) return first;
  const round = { name: 'once more', args: ['--maxWorkers=1', '--runTestsByPath', ...failed], limitSeconds: AGAIN_S };
  const second = await run(round, folder);
  for (const { name } of second.files.filter((report) => !hasFailed(report))) {
    process.stdout.write(`== passed only the second time: ${name}\n`);
  }
  const seen = new Set(second.files.map(({ name }) => name));
  return {
    files: [...first.files.filter(({ name }) => !seen.has(name)), ...second.files],
    lost: first.lost + second.lost,
  };
}

/** The members that Jest's report has as well. */
function countsOf({ files, lost }: Report) {
  const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const numPassedTests = statuses.filter((status) => status === 'passed').length;
  // A file that cannot be loaded has no test that failed.
  const mute = files.filter(
    (file) => hasFailed(file) && file.assertionResults.every(({ status }) => status !== 'failed'),
  );
  const numFailedTests = statuses.filter((status) => status === 'failed').length + mute.length + lost;
  return { numPassedTests, numFailedTests };
}

async function runAll(outputFile: string | undefined): Promise<boolean> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'suite-'));
  let all: Report = { files: [], lost: 0 };
  try {
    for (const round of ROUNDS) {
      if (isStopped) continue;
      const { files, lost } = await run(round, folder);
      all = { files: [...all.files, ...files], lost: all.lost + lost };
    }
    all = await again(all, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const counts = countsOf(all);
  if (outputFile !== undefined) writeFileSync(outputFile, JSON.stringify(counts));
  const { numPassedTests, numFailedTests } = counts;
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(
    `\n${numPassedTests} passed, ${numFailedTests} failed, of ${all.files.length} files, in ${seconds} s\n`,
  );
  return numFailedTests === 0 && !isStopped;
}

function stopOnSignals(): void {
  for (const signal of STOPPING) {
    process.on(signal, () => {
      isStopped = true;
      end('SIGTERM');
      setTimeout(end, LAST_WORDS_MS, 'SIGKILL').unref();
    });
  }
}

const args = process.argv.slice(2);
if (args.every((arg) => arg === '--json' || arg.startsWith('--outputFile='))) {
  stopOnSignals();
  const outputFile = args.find((arg) => arg.startsWith('--outputFile='))?.slice('--outputFile='.length);
  process.exitCode = (await runAll(outputFile)) ? 0 : 1;
} else {
  process.exitCode = spawnSync(process.execPath, [...JEST, ...args], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}
