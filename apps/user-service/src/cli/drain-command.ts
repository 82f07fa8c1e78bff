import { parseArgs } from 'node:util';

import { DrainLegacyTrail, LegacyTrailUnreadable, type DrainOptions } from '#audit-gateway';
import { databaseErrorCode, SQLSTATE } from '#platform/persistence';

import { CommandRefused, type Command, type Terminal } from './command.js';
import { ProgressBar } from './progress-bar.js';

// The table is counted, and compared with what was handed over, as a whole: ten years of events take a while.
const STATEMENT_MS = 1_800_000;
// Nobody else can use it for the last look, which takes about a second for each ten million rows.
const LOCK_SECONDS = '10';
const MOST_LOCK_SECONDS = 600;

export const drainLegacyAudit: Command = {
  statementTimeoutMs: STATEMENT_MS,
  usage:
    'drain-legacy-audit [--table public.audit_events] [--dry-run] [--keep] [--lock-seconds 10]    (hands every row of the audit table of ' +
    'the service before to the outbox, once; drops it when the counts agree. Can be cut off and run again)',
  async run(app, args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        table: { type: 'string' },
        'dry-run': { type: 'boolean' },
        keep: { type: 'boolean' },
        'lock-seconds': { type: 'string', default: LOCK_SECONDS },
      },
    });
    const { table = 'public.audit_events', keep = false } = values;
    const lockMs = 1_000 * lockSeconds(values['lock-seconds']);
    const drain = app.get(DrainLegacyTrail, { strict: false });
    const state = await telling(() => drain.look(table));
    if (state === null) {
      if (values['dry-run'] !== true) await drain.forget(table);
      terminal.note(`There is no table ${table}: nothing is left to hand over.`);
    } else if (values['dry-run'] === true) {
      terminal.print(JSON.stringify({ ...state, left: state.rows - state.handed }));
    } else await handOver(drain, { table, keep, lockMs, rows: state.rows }, terminal);
  },
};

async function handOver(
  drain: DrainLegacyTrail,
  { table, rows, ...options }: DrainOptions & { table: string; rows: number },
  terminal: Terminal,
): Promise<void> {
  const bar = new ProgressBar(rows, terminal);
  const result = await telling(() =>
    drain.execute(table, options, ({ handed }) => {
      bar.show(handed, `${String(handed)} of ${String(rows)} rows`);
    }),
  );
  bar.end();
  terminal.print(JSON.stringify(result));
  if (!options.keep && !result.dropped) {
    throw new CommandRefused(
      'The counts do not agree, so the table stays: does somebody still change it? Run it again',
    );
  }
  terminal.note(result.dropped ? 'Every row is handed over, and the table is gone.' : 'Every row is handed over.');
}

function lockSeconds(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MOST_LOCK_SECONDS)
    throw new CommandRefused(`--lock-seconds is a whole number from 1 to ${String(MOST_LOCK_SECONDS)}`);
  return seconds;
}

/** Says to the operator what is wrong with the table. */
async function telling<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LegacyTrailUnreadable) throw new CommandRefused(error.message);
    const code = databaseErrorCode(error);
    if (code === SQLSTATE.lockNotAvailable)
      throw new CommandRefused('Somebody still uses the table, so it stays: stop the service before');
    if (code === SQLSTATE.insufficientPrivilege)
      throw new CommandRefused('The role of DATABASE_URL may not read and drop the table');
    throw error;
  }
}
