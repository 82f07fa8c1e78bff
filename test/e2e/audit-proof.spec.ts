import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { auditEvent, sealedEvents, TestLane } from '../../libs/platform/testing/sealed-events.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { TestProcess } from '../support/process.js';

const place = (number: number): string => String(number).padStart(20, '0');

let service: TestAuditService;
let folder: string;

interface Outcome {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

async function run(command: 'verify' | 'export', args: readonly string[], key = service.key): Promise<Outcome> {
  const started = TestProcess.startBuilt('apps/local/src/cli.js', {
    args: ['audit', command, ...args],
    env: { AUDIT_SERVICE_API_KEY: key, DATA_DIR: folder },
  });
  const { code } = await started.exited;
  return { code, stdout: started.stdout, stderr: started.stderr };
}

async function verifyFile(entries: readonly unknown[]): Promise<Outcome> {
  const file = join(folder, 'export.jsonl');
  await writeFile(file, entries.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry))).join('\n'));
  return run('verify', ['--file', file]);
}

describe('The verifier', () => {
  const three = sealedEvents(1_200, 3);
  const five = sealedEvents(4, 5);
  const seven = new TestLane(7);
  const altered = (index: number, change: object): object[] =>
    three.slice(0, 20).map((event, at) => (at === index ? { ...event, ...change } : event));
  const refused = [
    seven.seal(auditEvent(1_301)),
    seven.seal({ ...auditEvent(1_302), type: 'NOT A TYPE' }),
    seven.seal(auditEvent(1_303)),
  ];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-proof-'));
    service = await startAuditService();
    for (let sent = 0; sent < three.length; sent += 400) await service.send(three.slice(sent, sent + 400));
    await service.send(five.map((event) => event));
    await service.send(refused);
  });

  afterAll(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('proves every lane of an Audit Service, page by page, across refused events', async () => {
    // Ids are the same in both lanes, so the second lane was refused as a whole: known by its hashes.
    expect(await run('verify', ['--url', service.url])).toEqual({
      code: 0,
      stdout: [
        'lane 3: 1200 events, 1 to 1200, whole',
        'lane 5: 0 events, 1 to 4, 4 refused, known by their hash, whole',
        'lane 7: 2 events, 1 to 3, 1 refused, known by their hash, whole',
        'Proven: 1202 events in 3 lanes, none missing, none altered.',
      ],
      stderr: [],
    });
  });

  it('proves an export offline, whichever lanes are mixed in it', async () => {
    const exported = await run('export', ['--url', service.url]);
    expect(exported).toMatchObject({ code: 0, stderr: ['1207 entries'] });

    expect((await verifyFile(exported.stdout)).stdout.at(-1)).toMatch(/^Proven: 1202 events in 3 lanes/);
    const mixed = three.slice(0, 4).flatMap((event, index) => [event, five[index]!]);
    expect(await verifyFile(mixed)).toMatchObject({ code: 0 });
  });

  it.each<[string, readonly object[], string]>([
    [
      'an altered event that says it was refused',
      altered(4, { type: 'a.b', refused: 'x', code: 'x' }),
      `sequence ${place(5)}, altered`,
    ],
    ['an event without its hash', altered(4, { hash: undefined }), `sequence ${place(5)}, altered`],
    ['a gap', three.slice(0, 20).toSpliced(9, 3), `sequence ${place(10)}, gap`],
    ['an altered event', three.slice(0, 20).with(4, { ...three[4]!, type: 'a.b' }), `sequence ${place(5)}, altered`],
    ['events out of order', [three[0]!, three[2]!, three[1]!, three[3]!], `sequence ${place(2)}, reordered`],
    ['a duplicate', [three[0]!, three[1]!, three[1]!, three[2]!], `sequence ${place(2)}, duplicate`],
  ])('names the position of %s in an export, and exits with 1', async (_what, events, position) => {
    const { code, stderr } = await verifyFile([...five, ...events]);

    expect(code).toBe(1);
    expect(stderr).toEqual([expect.stringContaining(`First broken position: lane 3, ${position} (`)]);
  });

  it('names the position that a superuser has altered in the Audit Service', async () => {
    const change = async (event: object): Promise<void> => {
      const { superuser } = service;
      await superuser.query('ALTER TABLE audit.events DISABLE TRIGGER append_only');
      await superuser.query('UPDATE audit.events SET event = $1 WHERE lane = 3 AND sequence = 777', [event]);
      await superuser.query('ALTER TABLE audit.events ENABLE ALWAYS TRIGGER append_only');
    };
    await change({ ...three[776]!, subject: 'user/somebody-else' });

    const { code, stderr } = await run('verify', ['--url', service.url]);

    expect(code).toBe(1);
    expect(stderr).toEqual([
      `First broken position: lane 3, sequence ${place(777)}, altered (altered; event "${three[776]!.id}")`,
    ]);
    await change(three[776]!);
  });

  it.each([
    ['a service that lists no lane', [], 'Nothing was proven: there are no events'],
    ['a lane that is listed and has no entries', [{ lane: 3 }], 'Lane 3 is listed and has no entries'],
  ])('does not take %s for proven', async (_what, items, reason) => {
    const empty = createServer((request, response) => {
      const body = request.url === '/api/v1/lanes' ? { items } : { items: [], nextCursor: null };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    empty.listen(0, '127.0.0.1');
    await once(empty, 'listening');
    const outcome = await run('verify', ['--url', `http://127.0.0.1:${(empty.address() as AddressInfo).port}`]);
    empty.close();

    expect(outcome).toMatchObject({ code: 1, stdout: [], stderr: [reason] });
  });

  it('says in one line what keeps it from proving anything', async () => {
    expect(await run('verify', ['--url', service.url], 'wrong')).toMatchObject({
      code: 1,
      stderr: ['The Audit Service does not accept AUDIT_SERVICE_API_KEY'],
    });
    expect(await run('verify', ['--url', 'http://127.0.0.1:1'])).toMatchObject({
      code: 1,
      stderr: ['The Audit Service does not answer'],
    });
    expect(await run('verify', [])).toMatchObject({ code: 1, stderr: ['Give either --url or --file'] });
    expect(await run('verify', ['--file', join(folder, 'none')])).toMatchObject({ code: 1 });
    expect(await verifyFile([])).toMatchObject({ code: 1, stderr: ['Nothing was proven: there are no events'] });
    expect(await verifyFile([three[0], '{"cut off'])).toMatchObject({
      code: 1,
      stderr: ['Line 2 is no JSON: the export is damaged there'],
    });
  });
});
