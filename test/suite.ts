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
import { join } from 'node:path';

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
    limitSeconds: 600,
  },
  { name: 'alone', args: ['--maxWorkers=1', '--runTestsByPath', ...ALONE], limitSeconds: 1_000 },
];

/** What is read of Jest's own report. */
interface Counts {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly unknown[];
}

const NOTHING: Counts = { numTotalTests: 0, numPassedTests: 0, numFailedTests: 0, testResults: [] };
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

async function run({ name, args, limitSeconds }: Round, folder: string): Promise<Counts> {
  process.stdout.write(`\n== tests ${name}\n`);
  const file = join(folder, `${name}.json`);
  const code = await jest([...args, '--json', `--outputFile=${file}`], limitSeconds);
  const counts = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : NOTHING;
  if (code === 0 || counts.numFailedTests > 0) return counts;
  // A spec that cannot be loaded has no test that failed, nor has a round that hung.
  process.stdout.write(`== tests ${name}: ${code === null ? 'ended' : `exit ${code}`}\n`);
  return { ...counts, numTotalTests: counts.numTotalTests + 1, numFailedTests: 1 };
}

const sum = (one: Counts, other: Counts): Counts => ({
  numTotalTests: one.numTotalTests + other.numTotalTests,
  numPassedTests: one.numPassedTests + other.numPassedTests,
  numFailedTests: one.numFailedTests + other.numFailedTests,
  testResults: [...one.testResults, ...other.testResults],
});

async function runAll(outputFile: string | undefined): Promise<boolean> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'suite-'));
  let all = NOTHING;
  try {
    for (const round of ROUNDS) if (!isStopped) all = sum(all, await run(round, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (outputFile !== undefined) writeFileSync(outputFile, JSON.stringify(all));
  const { numPassedTests, numFailedTests, numTotalTests, testResults } = all;
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(
    `\n${numPassedTests} passed, ${numFailedTests} failed, ${numTotalTests} in all, of ${testResults.length} files, in ${seconds} s\n`,
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
