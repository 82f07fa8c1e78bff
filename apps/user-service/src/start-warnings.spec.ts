import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';
import { debug } from './config/testing/environments.js';
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
});
