import { Matches, ValidateBy, ValidateIf } from 'class-validator';

// api.md, Environment: 256 code points and 1 KiB at most.
export const PASSWORD_MAX_CODE_POINTS = 256;
const PASSWORD_MAX_BYTES = 1024;

function fitsPassword(value: unknown): boolean {
  if (typeof value !== 'string' || Buffer.byteLength(value, 'utf8') > PASSWORD_MAX_BYTES) return false;
  return [...value].length <= PASSWORD_MAX_CODE_POINTS;
}

/** Bounds the work that a password can cause. Whether it is good, or right, is not asked here. */
export function FitsPassword(): PropertyDecorator {
  return ValidateBy({
    name: 'maxLength',
    constraints: [PASSWORD_MAX_CODE_POINTS],
    validator: { validate: fitsPassword },
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
