import { describe, expect, it } from '@jest/globals';
import { isInternalHost } from './hosts.js';

describe('isInternalHost', () => {
  it.each([
    ...['localhost', 'LOCALHOST', 'localhost.', 'app.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::1'],
    ...['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '[fd00::1]', '::ffff:10.0.0.1'],
    ...['redis', 'audit-service', 'audit_service', 'db1', 'pg.data.svc', 'pg.data.svc.cluster.local'],
    ...['host.docker.internal', 'printer.local'],
  ])('takes %s as internal', (host) => {
    expect(isInternalHost(host)).toBe(true);
  });

  it.each([
    ...['example.com', 'localhost.example.com', 'svc.example.com', '10.0.0.1.example.com', 'evil-local.com'],
    ...['8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.0.1', '11.0.0.1', '0.0.0.0', '169.254.169.254'],
    ...['[2001:db8::1]', '::ffff:8.8.8.8', 'fe80::1'],
    // inet_aton spellings of 8.8.8.8
    ...['134744072', '0x08080808', '010.8.8.8', '8.8.2056', ''],
  ])('takes %j as public', (host) => {
    expect(isInternalHost(host)).toBe(false);
  });
});
