import { describe, expect, it } from '@jest/globals';

import { DomainError } from '#kernel';

import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { ProblemRenderer } from './problem-renderer.js';
import { ProblemCatalogue } from './problem.js';

class DateMissing extends DomainError {
  readonly code = 'validation_failed';
  readonly kind = 'invalid';
  override readonly issues = [{ pointer: '/date', code: 'required' }];

  constructor() {
    super('The date is required');
  }
}

describe('A field error that the domain found', () => {
  const renderer = new ProblemRenderer(new ProblemCatalogue([PLATFORM_PROBLEMS]), 'https://id.example/docs/errors');

  it.each([
    ['en', 'This field is required.'],
    ['ko', '필수 항목입니다.'],
  ] as const)('is worded for the caller in %s, like one that the validation found', (language, message) => {
    const { document } = renderer.render(new DateMissing(), { requestId: 'r-1', language });

    expect(document.errors).toEqual([{ pointer: '/date', code: 'required', message }]);
  });
});
