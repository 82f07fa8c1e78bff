import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditConfigError, loadAuditConfig, loadMigrationTarget } from './config.js';

const KEY = 'k'.repeat(32);
const COMPLETE = {
  AUDIT_DATABASE_URL: 'postgresql://audit_service:secret-of-it@localhost/audit',
  AUDIT_SERVICE_API_KEY: KEY,
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-config-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('The settings of the Audit Service', () => {
  it('need a database and a key, and are closed to others by default', () => {
    expect(loadAuditConfig(COMPLETE)).toEqual({
      debug: false,
      host: '127.0.0.1',
      port: 8001,
      publicBaseUrl: 'http://localhost:8001',
      databaseUrl: COMPLETE.AUDIT_DATABASE_URL,
      apiKey: KEY,
      pagePassword: undefined,
      metricsToken: undefined,
      logLevel: 'info',
      verifySeconds: 60,
    });
  });

  it('are refused with the name of everything that is wrong, and with none of the values', () => {
    const wrong = { AUDIT_DATABASE_URL: 'mysql://secret-of-it', AUDIT_PORT: '70000', AUDIT_PAGE_PASSWORD: 'secret' };

    expect(() => loadAuditConfig(wrong)).toThrow(AuditConfigError);
    expect(() => loadAuditConfig(wrong)).toThrow(
      /AUDIT_PORT is[^]*AUDIT_DATABASE_URL is[^]*AUDIT_SERVICE_API_KEY is[^]*AUDIT_PAGE_PASSWORD is/,
    );
    expect(() => loadAuditConfig(wrong)).not.toThrow(/secret/);
  });

  it('want a long key in production only', () => {
    const short = { ...COMPLETE, AUDIT_SERVICE_API_KEY: 'short' };

    expect(() => loadAuditConfig(short)).toThrow('AUDIT_SERVICE_API_KEY must have at least 32 characters');
    expect(loadAuditConfig({ ...short, DEBUG: 'true' }).apiKey).toBe('short');
  });

  it('take secrets from files, and one place alone', () => {
    const file = join(folder, 'key');
    writeFileSync(file, `${KEY}\n`);
    const { AUDIT_DATABASE_URL } = COMPLETE;

    expect(loadAuditConfig({ AUDIT_DATABASE_URL, AUDIT_SERVICE_API_KEY_FILE: file }).apiKey).toBe(KEY);
    expect(() => loadAuditConfig({ ...COMPLETE, AUDIT_SERVICE_API_KEY_FILE: file })).toThrow('must not both be set');
    expect(() => loadAuditConfig({ AUDIT_DATABASE_URL, AUDIT_SERVICE_API_KEY_FILE: join(folder, 'none') })).toThrow(
      'AUDIT_SERVICE_API_KEY_FILE names a file that cannot be read',
    );
  });

  it('name the owner of the tables for migrations alone', () => {
    const url = 'postgresql://owner@localhost/audit';

    expect(loadMigrationTarget({ AUDIT_MIGRATION_DATABASE_URL: url })).toEqual({
      ownerUrl: url,
      appRole: 'audit_service',
    });
    expect(() => loadMigrationTarget({})).toThrow('AUDIT_MIGRATION_DATABASE_URL');
  });
});
