import { describe, expect, it } from '@jest/globals';

import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { ProblemCatalogue, type LocalizedProblem } from './problem.js';

const problem = (status: number, title: string): LocalizedProblem => ({
  status,
  en: { title, detail: title },
  ko: { title, detail: title },
});

describe('The catalogue of problems', () => {
  it('refuses a code that is described twice for one status', () => {
    expect(() => new ProblemCatalogue([{ taken: problem(409, 'a') }, { taken: problem(409, 'b') }])).toThrow(
      /"taken" \(409\)/,
    );
  });

  it('keeps the texts of one code apart by status', () => {
    const catalogue = new ProblemCatalogue([
      { token_invalid: problem(400, 'mail') },
      { token_invalid: problem(401, 'bearer') },
    ]);

    expect(catalogue.text('token_invalid', 400, 'en').title).toBe('mail');
    expect(catalogue.text('token_invalid', 401, 'en').title).toBe('bearer');
    expect(catalogue.entries().map(({ code, problem: { status } }) => [code, status])).toEqual([
      ['token_invalid', 400],
      ['token_invalid', 401],
    ]);
  });

  it('falls back to the words of HTTP for a code nobody described', () => {
    expect(new ProblemCatalogue([]).text('unheard_of', 409, 'ko').title).toBe('Conflict');
  });

  it('has every platform text in both languages, free of words that look like a stack trace', () => {
    for (const [code, { en, ko }] of Object.entries(PLATFORM_PROBLEMS)) {
      expect(code).toMatch(/^[a-z_]+$/);
      expect(`${en.title} ${en.detail}`).toMatch(/^[\x20-\x7e]+$/);
      expect(`${en.title} ${en.detail}`).not.toMatch(/at /);
      expect(ko.detail).toMatch(/[가-힣]{2}/);
      expect(ko.title).not.toBe(en.title);
    }
  });
});
