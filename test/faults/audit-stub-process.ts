// The stub of the Audit Service in a process of its own, told what to do over another port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AuditStub, STUB_MODES, type StubMode } from '../support/audit-stub.js';

const stub = await AuditStub.start();
const seen: Partial<Record<StubMode, number>> = {};

async function answer(path: string): Promise<unknown> {
  const mode = STUB_MODES.find((known) => path === `/become/${known}`);
  if (mode !== undefined) {
    await stub.become(mode);
    seen[mode] = stub.arrivals.length;
    return {};
  }
  // Whether anybody has asked since the mode was set; nobody can while it is down.
  if (path === '/met') return { met: stub.mode === 'down' || stub.arrivals.length > (seen[stub.mode] ?? 0) };
  if (path === '/events') return stub.events;
  return stub.report();
}

const control = createServer((request, response) => {
  void answer(request.url ?? '').then((body) => response.end(JSON.stringify(body)));
});
control.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${stub.url} http://127.0.0.1:${(control.address() as AddressInfo).port}\n`);
});
