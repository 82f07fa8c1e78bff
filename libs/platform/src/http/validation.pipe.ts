import { Injectable, ValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata, ValidationError } from '@nestjs/common';

import type { FieldIssue } from '#kernel';

import { ValidationFailed } from './errors.js';
import { escapePointer, isStorableText } from './json-body.js';
import { validationCode } from './validation-texts.js';

/** Enough to correct a form; a hostile body must not be answered with a longer one. */
const MAX_ISSUES = 20;
const MAX_POINTER_LENGTH = 200;
/** Their messages end with the bound, which class-validator offers nowhere else. */
const BOUNDED = new Set(['minLength', 'maxLength', 'min', 'max', 'arrayMinSize', 'arrayMaxSize']);
/** Pointers of query and path parameters; those of the body start at its root. */
const PREFIX: Readonly<Record<ArgumentMetadata['type'], string>> = {
  body: '',
  query: '/query',
  param: '/path',
  custom: '',
};

/**
 * The only way from a request into a DTO: unknown fields are refused, nothing is converted implicitly, and every
 * broken rule is reported by pointer and code, never with the value.
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      stopAtFirstError: false,
      exceptionFactory: (errors) => new ValidationFailed(issuesOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'query' || metadata.type === 'param') refuseUnusableParameters(value, metadata);
    if (metadata.type === 'body') refuseOtherThanObject(value);
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (error instanceof ValidationFailed) throw new ValidationFailed(error.issues.map(below(PREFIX[metadata.type])));
      throw error;
    }
  }
}

/** JSON bodies were checked when they were decoded; here come the other two ways in. */
function refuseUnusableParameters(value: unknown, { type, data }: ArgumentMetadata): void {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [[data ?? '', value] as const];
  const issues: FieldIssue[] = [];
  for (const [name, given] of entries) {
    const pointer = pointerOf(PREFIX[type], name);
    if (Array.isArray(given)) issues.push({ pointer, code: 'duplicate_parameter' });
    else if (typeof given === 'string' && !isStorableText(given)) issues.push({ pointer, code: 'invalid_text' });
  }
  if (issues.length > 0) throw new ValidationFailed(issues.slice(0, MAX_ISSUES));
}

/** class-validator looks into arrays and passes primitives, whatever the DTO says. */
function refuseOtherThanObject(value: unknown): void {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return;
  throw new ValidationFailed([{ pointer: '', code: 'must_be_object' }]);
}

const below =
  (prefix: string) =>
  (issue: FieldIssue): FieldIssue => ({ ...issue, pointer: prefix + issue.pointer });

function issuesOf(errors: readonly ValidationError[]): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const visit = (error: ValidationError, parent: string): void => {
    const pointer = pointerOf(parent, error.property);
    for (const [name, message] of Object.entries(error.constraints ?? {})) {
      // A missing field breaks all of its rules; saying so once is enough.
      const code = error.value === undefined && name !== 'whitelistValidation' ? 'required' : validationCode(name);
      if (issues.some((issue) => issue.pointer === pointer && issue.code === code)) continue;
      issues.push({ pointer, code, limit: BOUNDED.has(name) ? /(-?\d+(?:\.\d+)?)\D*$/.exec(message)?.[1] : undefined });
    }
    for (const child of error.children ?? []) visit(child, pointer);
  };
  for (const error of errors) visit(error, '');
  return issues.slice(0, MAX_ISSUES);
}

function pointerOf(parent: string, property: string): string {
  return `${parent}/${escapePointer(property)}`.slice(0, MAX_POINTER_LENGTH);
}
