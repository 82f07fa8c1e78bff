import { beforeAll, describe, expect, it } from '@jest/globals';

import { idle, reportOf, rulesWithoutFixture, surprises, type Report } from './support/report.js';

describe('The dependency rules', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportOf('cruise-trees');
  }, 60_000);

  it('allow the clean house', () => {
    expect(report.trees['clean']?.checked).toBeGreaterThan(0);
    expect(report.trees['clean']?.findings).toEqual([]);
  });

  it('refuse exactly the marked imports of each fixture, under the rule the fixture is named by', () => {
    expect(surprises(report)).toEqual({});
    expect(idle(report)).toEqual([]);
  });

  it('have a fixture each', () => {
    expect(rulesWithoutFixture(report)).toEqual([]);
  });
});
