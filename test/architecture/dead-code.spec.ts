import { beforeAll, describe, expect, it } from '@jest/globals';

import { idle, reportOf, rulesWithoutFixture, surprises, type Report } from './support/report.js';

describe('The search for dead code', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportOf('knip-trees');
  }, 60_000);

  it('finds none in the clean house', () => {
    expect(report.trees['clean']?.checked).toBeGreaterThan(0);
    expect(report.trees['clean']?.findings).toEqual([]);
  });

  it('finds exactly what each fixture adds that nobody uses', () => {
    expect(surprises(report)).toEqual({});
    expect(idle(report)).toEqual([]);
  });

  it('has a fixture for unused files, exports, types and packages', () => {
    expect(rulesWithoutFixture(report)).toEqual([]);
  });
});
