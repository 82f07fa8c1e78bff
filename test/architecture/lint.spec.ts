import { beforeAll, describe, expect, it } from '@jest/globals';

import { idle, reportOf, rulesWithoutFixture, surprises, type Report } from './support/report.js';

describe('The linter', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportOf('lint-trees');
  }, 60_000);

  it('finds nothing in the clean house', () => {
    expect(report.trees['clean']?.checked).toBeGreaterThan(0);
    expect(report.trees['clean']?.findings).toEqual([]);
  });

  it('reports exactly the marked lines of each fixture, under the rule the fixture is named by', () => {
    expect(surprises(report)).toEqual({});
    expect(idle(report)).toEqual([]);
  });

  it('has a fixture for each ban and limit of the house', () => {
    expect(rulesWithoutFixture(report)).toEqual([]);
  });
});
