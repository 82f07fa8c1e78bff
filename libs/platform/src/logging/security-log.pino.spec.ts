import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry } from '#platform/metrics';
import { createLogger } from './logger.pino.js';
import { PinoSecurityLog } from './security-log.pino.js';

describe('The security log', () => {
  it('LO-04 writes OWASP vocabulary names as events, without what callers sent, and counts them', async () => {
    const lines: Record<string, unknown>[] = [];
    const metrics = new MetricsRegistry();
    const logger = createLogger(
      { level: 'info', service: 'user-service', version: '1' },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const log = new PinoSecurityLog(logger, metrics);
    log.event('authz_fail', { requestId: 'r-1', route: '/api/v1/admin/users/:id', code: 'forbidden' });
    log.event('input_validation_fail', { requestId: 'r-2', reason: 'is_email max_length', email: 'canary' });
    expect(lines[0]).toMatchObject({ level: 'warn', event: 'authz_fail', route: '/api/v1/admin/users/:id' });
    expect(lines[1]).toMatchObject({
      event: 'input_validation_fail',
      reason: 'is_email max_length',
      dropped: ['email'],
    });
    const text = await metrics.text();
    expect(text).toContain('security_events_total{event="authz_fail"} 1');
    expect(text).toContain('security_events_total{event="crypt_decrypt_fail"} 0');
  });
});
