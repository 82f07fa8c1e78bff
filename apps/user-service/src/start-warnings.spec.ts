import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';
import { debug, production } from './config/testing/environments.js';
import { startWarnings } from './start-warnings.js';

const warned = (env: NodeJS.ProcessEnv) => startWarnings(loadConfig(env)).map(({ fields }) => fields);

describe('What is said at start', () => {
  it('is nothing where nothing is wrong', () => {
    expect(warned(debug)).toEqual([]);
  });

  it('is that rate limits are not shared, once there are several instances', () => {
    expect(warned({ ...debug, REPLICAS: '3' })).toEqual([
      { event: 'rate_limits_per_process', code: 'REPLICAS', count: 3 },
    ]);
  });

  it('is which links nobody can use in production, and whose addresses it does not know', () => {
    // The environment file of the Python service names none of them.
    expect(warned(production)).toEqual([
      { event: 'proxies_not_trusted', code: 'TRUSTED_PROXIES' },
      { event: 'setting_unusable', code: 'PUBLIC_BASE_URL' },
      { event: 'setting_unusable', code: 'MAIL_FROM' },
    ]);
    const named = {
      ...production,
      PUBLIC_BASE_URL: 'https://id.example.com',
      TRUSTED_PROXIES: '10.0.0.0/8',
      MAIL_FROM: 'Us <no-reply@localhost.example.com>',
    };
    expect(warned(named)).toEqual([]);
  });
});
