import type { Language } from './problem.js';

/** How one class-validator constraint is reported: a stable code, and a text in which `{limit}` is the bound. */
export interface ValidationText {
  readonly code: string;
  readonly en: string;
  readonly ko: string;
}

const text = (code: string, en: string, ko: string): ValidationText => ({ code, en, ko });

const REQUIRED = text('required', 'This field is required.', '필수 항목입니다.');
const NOT_ALLOWED = text('not_allowed', 'This value is not one of the allowed ones.', '허용되지 않는 값입니다.');
const INVALID_DATE = text('invalid_date', 'Use an ISO 8601 date.', 'ISO 8601 형식의 날짜여야 합니다.');
const MUST_BE_OBJECT = text('must_be_object', 'This must be an object.', '객체여야 합니다.');
const INVALID = text('invalid', 'This value is not valid.', '올바르지 않은 값입니다.');

/** By constraint name. Codes are part of the API: never change one. */
const BY_CONSTRAINT: Readonly<Record<string, ValidationText>> = {
  isDefined: REQUIRED,
  isNotEmpty: text('empty', 'This must not be empty.', '비워 둘 수 없습니다.'),
  whitelistValidation: text(
    'unknown_field',
    'This field is not known here. Remove it.',
    '알 수 없는 항목입니다. 삭제해 주세요.',
  ),
  nestedValidation: MUST_BE_OBJECT,
  isObject: MUST_BE_OBJECT,
  isString: text('must_be_string', 'This must be a string.', '문자열이어야 합니다.'),
  isInt: text('must_be_integer', 'This must be a whole number.', '정수여야 합니다.'),
  isNumber: text('must_be_number', 'This must be a number.', '숫자여야 합니다.'),
  isBoolean: text('must_be_boolean', 'This must be true or false.', 'true 또는 false여야 합니다.'),
  isArray: text('must_be_array', 'This must be an array.', '배열이어야 합니다.'),
  isEmail: text('invalid_email', 'This is not a valid e-mail address.', '올바른 이메일 주소가 아닙니다.'),
  isUuid: text('invalid_uuid', 'This is not a valid UUID.', '올바른 UUID가 아닙니다.'),
  isUrl: text('invalid_url', 'This is not a valid URL.', '올바른 URL이 아닙니다.'),
  isPhoneNumber: text(
    'invalid_phone',
    'Use the international form, as in +821012345678.',
    '+821012345678과 같은 국제 형식으로 입력해 주세요.',
  ),
  isLocale: text('invalid_locale', 'This is not a known locale.', '알 수 없는 로캘입니다.'),
  isDateString: INVALID_DATE,
  isIso8601: INVALID_DATE,
  isEnum: NOT_ALLOWED,
  isIn: NOT_ALLOWED,
  equals: NOT_ALLOWED,
  matches: text('invalid_format', 'This does not have the expected form.', '형식이 올바르지 않습니다.'),
  minLength: text('too_short', 'Use {limit} characters or more.', '{limit}자 이상이어야 합니다.'),
  maxLength: text('too_long', 'Use {limit} characters or fewer.', '{limit}자 이하여야 합니다.'),
  isLength: text('wrong_length', 'The length is not within the allowed range.', '길이가 허용 범위를 벗어났습니다.'),
  min: text('too_small', 'This must be {limit} or more.', '{limit} 이상이어야 합니다.'),
  max: text('too_large', 'This must be {limit} or less.', '{limit} 이하여야 합니다.'),
  arrayMinSize: text('too_few_items', 'Give {limit} items or more.', '{limit}개 이상이어야 합니다.'),
  arrayMaxSize: text('too_many_items', 'Give {limit} items or fewer.', '{limit}개 이하여야 합니다.'),
  arrayUnique: text('duplicate_items', 'The items must differ.', '중복된 항목이 있습니다.'),
};

/** Codes of the checks that this layer makes itself. */
const OWN: readonly ValidationText[] = [
  REQUIRED,
  INVALID,
  text('invalid_text', 'Some characters in it cannot be stored.', '저장할 수 없는 문자가 포함되어 있습니다.'),
  text('duplicate_parameter', 'Give this parameter only once.', '매개변수는 한 번만 지정해야 합니다.'),
];

const BY_CODE = new Map([...Object.values(BY_CONSTRAINT), ...OWN].map((entry) => [entry.code, entry]));

/** Every code that a field's error can have, ordered by code. */
export function validationTexts(): readonly ValidationText[] {
  return [...BY_CODE.values()].sort((a, b) => a.code.localeCompare(b.code, 'en'));
}

/** The code of a constraint; a custom constraint's name in snake_case where none is listed. */
export function validationCode(constraint: string): string {
  return BY_CONSTRAINT[constraint]?.code ?? constraint.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The text for one code. A code nobody described gets the general text. */
export function validationMessage(code: string, language: Language, limit: string | undefined): string {
  const found = BY_CODE.get(code) ?? INVALID;
  if (limit === undefined && found[language].includes('{limit}')) return INVALID[language];
  return found[language].replace('{limit}', limit ?? '');
}
