import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { LaneWalk, type LaneReport } from '#platform/audit-chain';

import { loadAuditApiKey } from '../config.js';
import { entriesOfFile, entriesOfService, type EntryOfLane } from './audit-entries.js';
import { CommandRefused, type Tool } from './command.js';

const WHAT: Readonly<Record<string, string>> = {
  gap: 'missing',
  altered: 'altered',
  reordered: 'out of order',
  duplicate: 'there twice',
  unlinked: 'not the successor of the one before it',
  wrong_lane: 'of another lane',
};

/** Proves lanes without trusting whoever keeps them; needs neither the service's configuration nor its database. */
const verify: Tool = {
  usage: 'audit verify --url U | --file EXPORT    (proves all lanes; exits with 1 where one is broken)',
  async run(args, terminal) {
    const options = { url: { type: 'string' }, file: { type: 'string' } } as const;
    const { url, file } = parseArgs({ args: [...args], options }).values;
    if ((url === undefined) === (file === undefined)) throw new CommandRefused('Give either --url or --file');
    const entries = file === undefined ? entriesOfService(url ?? '', apiKey()) : entriesOfFile(file);
    const reports = await walkAll(entries);
    // An empty file proves nothing, least of all that nothing is missing.
    if (reports.length === 0) throw new CommandRefused('Nothing was proven: there are no events');
    for (const report of reports) terminal.print(lineOf(report));
    const broken = reports.flatMap(({ firstFault }) => (firstFault === null ? [] : [firstFault]));
    const [first] = broken;
    if (first === undefined) {
      const events = reports.reduce((sum, { count }) => sum + count, 0);
      terminal.print(
        `Proven: ${String(events)} events in ${String(reports.length)} lanes, none missing, none altered.`,
      );
      return;
    }
    const { lane, sequence, kind, eventId } = first;
    const others = broken.length === 1 ? '' : `; ${String(broken.length - 1)} more lanes are broken`;
    throw new CommandRefused(
      `First broken position: lane ${String(lane)}, sequence ${sequence}, ${kind} ` +
        `(${WHAT[kind] ?? kind}; event ${JSON.stringify(eventId)})${others}`,
    );
  },
};

/** All that a verifier needs, as JSON Lines. */
const exportLanes: Tool = {
  usage: 'audit export --url U    (prints all lanes as JSON Lines, for audit verify --file)',
  async run(args, terminal) {
    const options = { url: { type: 'string' } } as const;
    const { url } = parseArgs({ args: [...args], options }).values;
    if (url === undefined) throw new CommandRefused('--url is required');
    let count = 0;
    for await (const { entry } of entriesOfService(url, apiKey())) {
      terminal.print(JSON.stringify(entry));
      // As fast as whoever reads it, and no faster: the export may be longer than the memory.
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
      count += 1;
    }
    terminal.note(`${String(count)} entries`);
  },
};

export const AUDIT_PROOF_TOOLS: Readonly<Record<string, Tool>> = {
  'audit verify': verify,
  'audit export': exportLanes,
};

async function walkAll(entries: AsyncIterable<EntryOfLane>): Promise<LaneReport[]> {
  const walks = new Map<number, LaneWalk>();
  for await (const { lane, entry } of entries) {
    const walk = walks.get(lane) ?? new LaneWalk(lane);
    walks.set(lane, walk);
    walk.add(entry);
  }
  return [...walks.values()].map(({ report }) => report).sort((a, b) => a.lane - b.lane);
}

function lineOf({
  lane,
  count,
  refused,
  missing,
  firstSequence,
  lastSequence,
  firstFault,
  faults,
}: LaneReport): string {
  const place = (sequence: string | null): string => String(BigInt(sequence ?? 0));
  const facts = [
    `${String(count)} events`,
    `${place(firstSequence)} to ${place(lastSequence)}`,
    ...(refused === 0 ? [] : [`${String(refused)} refused, known by their hash`]),
    ...(missing === '0' ? [] : [`${missing} missing`]),
    firstFault === null ? 'whole' : `BROKEN at ${place(firstFault.sequence)}: ${firstFault.kind}`,
    ...(faults > 1 ? [`${String(faults)} faults in all`] : []),
  ];
  return `lane ${String(lane)}: ${facts.join(', ')}`;
}

/** From the environment, where nobody else sees it. */
function apiKey(): string {
  const key = loadAuditApiKey();
  if (key === undefined) throw new CommandRefused('Set AUDIT_SERVICE_API_KEY or AUDIT_SERVICE_API_KEY_FILE');
  return key;
}
