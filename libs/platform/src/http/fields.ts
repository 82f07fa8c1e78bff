import { Matches, ValidateBy, ValidateIf } from 'class-validator';

import { fitsPasswordLimits, PASSWORD_MAX_CODE_POINTS } from '#kernel';

/** Bounds the work that a password can cause. Whether it is good, or right, is not asked here. */
export function FitsPassword(): PropertyDecorator {
  return ValidateBy({
    name: 'maxLength',
    constraints: [PASSWORD_MAX_CODE_POINTS],
    validator: { validate: (value: unknown) => typeof value === 'string' && fitsPasswordLimits(value) },
  });
}

/** One line of text with something to see in it: no control characters, and none that turn the direction around. */
export function IsOneLine(): PropertyDecorator {
  return Matches(/^(?=.*[\p{L}\p{N}\p{S}\p{P}])[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u);
}

/** May be left out, but is checked whenever it is there; `null` is a value like any other. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object, value: unknown) => value !== undefined);
}
