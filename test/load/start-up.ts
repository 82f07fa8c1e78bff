import { LocalRuns, READY } from '../support/local-runs.js';

/** Seconds from `npm start` to its ready line: in an empty folder, and with the data of the first start. */
export async function timeStarts(): Promise<{ first: number; second: number }> {
  const runs = await LocalRuns.inEmptyFolder();
  const start = async (): Promise<number> => {
    const started = performance.now();
    const run = runs.startWithNpm();
    await run.line(READY, 60_000);
    const seconds = (performance.now() - started) / 1_000;
    run.signalGroup('SIGINT');
    await run.exited;
    return seconds;
  };
  try {
    return { first: await start(), second: await start() };
  } finally {
    await runs.cleanUp();
  }
}
