import { describe, expect, it } from '@jest/globals';

import type { LocalKeys } from './keys.js';
import { auditServiceEnvironment, readSettings } from './settings.js';

describe('The settings of the local run', () => {
  it('give the two services a port each', () => {
    expect(readSettings({})).toMatchObject({ port: 8000, auditPort: 8001 });
    expect(() => readSettings({ PORT: '8001' })).toThrow(
      'PORT and AUDIT_PORT are both 8001: the two services need a port each.',
    );
  });

  it('give the Audit Service the key that the user service sends, from wherever the caller has it, and no other secret', () => {
    const keys = { auditServiceApiKey: 'made', jwtSecret: 'secret' } as LocalKeys;
    const environment = (env: Record<string, string>): Record<string, string> =>
      auditServiceEnvironment({ JWT_SECRET: 'secret', ...env }, readSettings({}), 'postgresql://localhost/a', keys);

    expect(environment({})).toMatchObject({ AUDIT_SERVICE_API_KEY: 'made' });
    expect(environment({ AUDIT_SERVICE_API_KEY: 'own' })).toMatchObject({ AUDIT_SERVICE_API_KEY: 'own' });
    expect(environment({ AUDIT_SERVICE_API_KEY_FILE: '/key' })).toMatchObject({ AUDIT_SERVICE_API_KEY_FILE: '/key' });
    expect(environment({ AUDIT_SERVICE_API_KEY_FILE: '/key' })).not.toHaveProperty('AUDIT_SERVICE_API_KEY');
    expect(Object.values(environment({}))).not.toContain('secret');
  });
});
