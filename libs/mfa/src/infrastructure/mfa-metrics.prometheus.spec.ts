import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { MetricsRegistry } from '#platform/metrics';

import { MfaQueries } from '../application/mfa-queries.js';
import { PrometheusMfaMetrics } from './mfa-metrics.prometheus.js';

class CountedUsers extends MfaQueries {
  enrolled = 2;
  isAway = false;

  async statusOf(): Promise<never> {
    throw new Error('Nobody asks');
  }

  async methodsOf(): Promise<never> {
    throw new Error('Nobody asks');
  }

  async enrolment(): Promise<{ enrolled: number; active: number }> {
    if (this.isAway) throw new Error('down');
    return { enrolled: this.enrolled, active: 7 };
  }
}

describe('How many users have a second factor', () => {
  let registry: MetricsRegistry;
  let users: CountedUsers;
  let metrics: PrometheusMfaMetrics;
  const share = async (): Promise<unknown> => {
    const text = await registry.text();
    const value = (label: string): number =>
      Number(new RegExp(`^mfa_users\\{second_factor="${label}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    return [value('enrolled'), value('missing')];
  };

  beforeEach(() => {
    Logger.overrideLogger(false);
    jest.useFakeTimers();
    registry = new MetricsRegistry();
    users = new CountedUsers();
    metrics = new PrometheusMfaMetrics(registry, users);
    metrics.onApplicationBootstrap();
  });
  afterEach(async () => {
    await metrics.onApplicationShutdown();
    jest.useRealTimers();
  });

  it('is counted soon after the start, and then every five minutes', async () => {
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await share()).toEqual([2, 5]);
    users.enrolled = 4;
    await jest.advanceTimersByTimeAsync(299_999);
    expect(await share()).toEqual([2, 5]);
    await jest.advanceTimersByTimeAsync(1);

    expect(await share()).toEqual([4, 3]);
  });

  it('stays as it was known while it cannot be counted', async () => {
    await jest.advanceTimersByTimeAsync(5_000);
    users.isAway = true;
    await jest.advanceTimersByTimeAsync(300_000);
    expect(await share()).toEqual([2, 5]);
    [users.isAway, users.enrolled] = [false, 3];
    await jest.advanceTimersByTimeAsync(300_000);

    expect(await share()).toEqual([3, 4]);
  });
});
