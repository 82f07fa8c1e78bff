import { beforeAll, describe, expect, it } from '@jest/globals';

import { idle, reportOf, rulesWithoutFixture, surprises, type Report } from './support/report.js';

describe('Prettier', () => {
  let report: Report;

  beforeAll(async () => {
    report = await reportOf('format-trees');
  }, 60_000);

  it('would leave the clean house as it is', () => {
    expect(report.trees['clean']?.checked).toBeGreaterThan(0);
    expect(report.trees['clean']?.findings).toEqual([]);
  });

  it('would change the crooked file and no other', () => {
    expect(surprises(report)).toEqual({});
    expect(idle(report)).toEqual([]);
  });

  it('has its fixture', () => {
    expect(rulesWithoutFixture(report)).toEqual([]);
  });
});
