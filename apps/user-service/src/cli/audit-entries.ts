import { createReadStream } from 'node:fs';

import { z } from 'zod';

import type { LaneEntry } from '#platform/audit-chain';

import { CommandRefused } from './command.js';

const PAGE = 500;
const TIMEOUT_MS = 30_000;
/** An event has 64 KiB at most; what is longer is no event. */
const LINE_MAX = 256 * 1024;

/** Of which lane an entry is: all else of it is for the walk to judge. */
export interface EntryOfLane {
  readonly lane: number;
  readonly entry: LaneEntry;
}

// Exactly one member: an event that says of itself that it was refused is an event.
const Wrapped = z.union([z.strictObject({ event: z.unknown() }), z.strictObject({ refused: z.unknown() })]);
const Placed = z.object({ lane: z.int().min(0).max(32_767) });
const Lanes = z.object({ items: z.array(z.object({ lane: z.int() })) });
const Page = z.object({ items: z.array(z.unknown()), nextCursor: z.string().nullable() });

/** Every entry of an export, in the order of its lines. */
export async function* entriesOfFile(file: string): AsyncGenerator<EntryOfLane> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.trim() !== '') yield entryIn(line, `Line ${String(number)}`);
  }
}

/** Every entry of every lane of an Audit Service, lane by lane and page by page. */
export async function* entriesOfService(url: string, key: string): AsyncGenerator<EntryOfLane> {
  const base = url.replace(/\/+$/, '');
  const { items } = Lanes.parse(await get(`${base}/api/v1/lanes`, key));
  for (const { lane } of items) {
    let count = 0;
    for (let after: string | null = ''.padStart(20, '0'); after !== null;) {
      const address: string = `${base}/api/v1/lanes/${String(lane)}/entries?limit=${String(PAGE)}&after=${after}`;
      const page = Page.parse(await get(address, key));
      for (const item of page.items) yield { lane, entry: entryOf(item) };
      count += page.items.length;
      if (page.nextCursor !== null && !(page.nextCursor > after))
        throw new CommandRefused('The Audit Service goes round');
      after = page.nextCursor;
    }
    if (count === 0) throw new CommandRefused(`Lane ${String(lane)} is listed and has no entries`);
  }
}

async function get(address: string, key: string): Promise<unknown> {
  const request = {
    headers: { 'x-api-key': key },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  } as const;
  const answer = await fetch(address, request).catch((cause: unknown) => {
    throw new CommandRefused('The Audit Service does not answer', { cause });
  });
  if (answer.status === 401) throw new CommandRefused('The Audit Service does not accept AUDIT_SERVICE_API_KEY');
  if (!answer.ok) throw new CommandRefused(`The Audit Service answers ${String(answer.status)}`);
  return answer.json();
}

function entryIn(line: string, where: string): EntryOfLane {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new CommandRefused(`${where} is no JSON: the export is damaged there`, { cause });
  }
  const entry = entryOf(value);
  const placed = Placed.safeParse('event' in entry ? entry.event : entry.refused);
  if (!placed.success) throw new CommandRefused(`${where} is of no lane: altered or damaged there`);
  return { lane: placed.data.lane, entry };
}

/** An entry as the Audit Service has it, or an event alone. */
function entryOf(value: unknown): LaneEntry {
  const wrapped = Wrapped.safeParse(value);
  return wrapped.success ? wrapped.data : { event: value };
}

/** In constant memory, whatever the file holds. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > LINE_MAX) throw new CommandRefused('A line of the file is far longer than an event');
    }
  } catch (cause) {
    if (cause instanceof CommandRefused) throw cause;
    throw new CommandRefused('--file names a file that cannot be read', { cause });
  }
  yield rest;
}
