import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { inputOf, tell } from './child.js';

// An Audit Service that does as little as it can: it counts what it is sent, and takes it.

const unzip = promisify(gunzip);
const ONE = '"specversion"';

/** `POST /become/<mode>`: `healthy`, `down`, or `slow`, which takes so long for each batch. */
const SLOW_MS = 3_000;

inputOf<object>();
let mode = 'healthy';

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void (async () => {
      const [, become] = /^\/become\/(\w+)$/.exec(request.url ?? '') ?? [];
      if (become !== undefined) {
        mode = become;
        response.end();
        return;
      }
      if (mode === 'down') {
        request.socket.destroy();
        return;
      }
      if (mode === 'slow') await delay(SLOW_MS);
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? await unzip(body) : body).toString('latin1');
      let accepted = 0;
      for (let at = text.indexOf(ONE); at >= 0; at = text.indexOf(ONE, at + 1)) accepted += 1;
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ accepted, duplicates: 0, rejected: [] }));
    })();
  });
});
server.listen(0, '127.0.0.1', () => {
  tell({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
