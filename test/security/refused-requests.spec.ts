import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { exchange, send } from '../support/raw-http.js';
import { startTestApp, type LogLine, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const figure = async (labels: string): Promise<number> => {
  const { text } = await send(app.url, { target: '/metrics' });
  const line = text.split('\n').find((each) => each.startsWith(`http_requests_total{${labels}}`));
  return Number(line?.split(' ').at(-1) ?? 0);
};

describe('A request that is refused before any route is looked for', () => {
  it.each([
    ['a path that cannot be decoded', 'GET /api/v1/%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'GET', 400],
    ['a line that is no HTTP', 'canary nonsense\r\n\r\n', undefined, 400],
    [
      'headers beyond the limit',
      `GET / HTTP/1.1\r\nHost: a\r\nX-Big: ${'canary'.repeat(9_000)}\r\n\r\n`,
      undefined,
      431,
    ],
    ['a tunnel', 'CONNECT canary.example:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'CONNECT', 405],
  ])('(%s) is logged and counted like any other', async (_what, bytes, method, status) => {
    const counted = `method="${method === 'GET' ? method : 'other'}",route="unmatched",code="${status}",slo="none"`;
    const before = await figure(counted);
    const answer = await exchange(app.url, bytes);
    const requestId = answer.headers.get('x-request-id');
    const { code } = JSON.parse(answer.text) as { code: string };

    expect(answer.status).toBe(status);
    const lines: LogLine[] = app.logs().filter((line) => line['requestId'] === requestId);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        event: 'http_refused',
        route: 'unmatched',
        status,
        code,
        client: '127.0.0.0/24',
      }),
    ]);
    expect(lines[0]!['method']).toBe(method);
    expect(app.logText()).not.toContain('canary');
    expect(await figure(counted)).toBe(before + 1);
  });
});
