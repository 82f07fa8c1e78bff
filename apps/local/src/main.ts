import { LocalRunError } from './local-run-error.js';
import { LocalRun } from './local-run.js';
import { Progress } from './progress.js';
import { readSettings, type LocalSettings } from './settings.js';

/** npm passes a Ctrl-C on although the terminal has sent it to us already; a second one by hand comes later. */
const SAME_SIGNAL_MS = 500;
const LOOK_FOR_NPM_MS = 500;

const progress = new Progress();

async function main(settings: LocalSettings): Promise<void> {
  const run = new LocalRun(settings, process.env, progress);
  stopOnSignals(run, settings);
  try {
    const { broken } = await run.start();
    await broken;
  } catch (error) {
    if (run.isStopping) return; // the signal's handler ends the process
    progress.complain(explain(error));
    await run.stop();
    process.exit(1);
  }
}

function stopOnSignals(run: LocalRun, settings: LocalSettings): void {
  let since: number | undefined;
  const onSignal = (): void => {
    if (since === undefined) {
      since = performance.now();
      void stop(run);
    } else if (performance.now() - since > SAME_SIGNAL_MS) {
      run.hurry();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  if (settings.startedByNpm) whenOrphaned(onSignal);
}

async function stop(run: LocalRun): Promise<void> {
  progress.say('Stopping …');
  try {
    await run.stop();
  } catch (error) {
    progress.complain(explain(error));
    process.exit(1);
  }
  progress.say('Stopped; the data stays for the next start');
  process.exit(0);
}

/** A killed npm cannot pass a signal on. */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, LOOK_FOR_NPM_MS);
  timer.unref();
}

function explain(error: unknown): string {
  if (error instanceof LocalRunError) return error.message;
  return `The local run failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

try {
  await main(readSettings(process.env));
} catch (error) {
  progress.complain(explain(error));
  process.exit(1);
}
