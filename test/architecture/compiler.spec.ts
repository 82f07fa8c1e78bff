import { beforeAll, describe, expect, it } from '@jest/globals';

import { fixtures, idle, reportOf, rulesWithoutFixture, surprises, type Report } from './support/report.js';

describe('The compiler', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportOf('compile-trees');
  }, 60_000);

  it('accepts the clean house', () => {
    expect(report.trees['clean']?.checked).toBeGreaterThan(0);
    expect(report.trees['clean']?.findings).toEqual([]);
  });

  it('refuses exactly the marked line of each fixture', () => {
    expect(surprises(report)).toEqual({});
    expect(idle(report)).toEqual([]);
  });

  it('accepts each fixture when its flag is off', () => {
    expect(fixtures(report).flatMap((name) => report.trees[name]?.withoutFlag ?? [name])).toEqual([]);
  });

  it('has a fixture for each flag beyond strict', () => {
    expect(rulesWithoutFixture(report)).toEqual([]);
  });
});
