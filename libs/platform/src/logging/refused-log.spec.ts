import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RefusedRequests } from '../http/refused-requests.js';
import { createLogger } from './logger.pino.js';
import { installRefusedLog } from './refused-log.js';

describe('The log of refused requests', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has sixty lines a minute at most, and then says how many there were', () => {
    let now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger(
      { level: 'info', service: 'user-service', version: '1' },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const refused = new RefusedRequests();
    installRefusedLog(refused, logger);
    const refuse = (): void => {
      refused.report({ method: undefined, status: 400, code: 'bad_request', info: { requestId: 'request-1' } });
    };
    for (let count = 0; count < 500; count += 1) refuse();
    expect(lines).toHaveLength(60);
    now += 60_000;
    refuse();
    expect(lines.slice(60)).toEqual([
      expect.objectContaining({ level: 'warn', event: 'http_refused_many', count: 500, limit: 60 }),
      expect.objectContaining({ level: 'info', event: 'http_refused', status: 400, code: 'bad_request' }),
    ]);
  });
});
