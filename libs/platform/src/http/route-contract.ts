import { SetMetadata } from '@nestjs/common';
import type { CustomDecorator, Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { REQUIRED_ROLE, STEP_UP, WITHOUT_SECOND_FACTOR } from './access-rules.js';
import { API_KEY_RULE, type ApiKeyRule } from './api-key.js';
import { ACCEPTS_FORM } from './body.guard.js';
import { IS_IDEMPOTENT } from './idempotency.interceptor.js';
import { IS_PUBLIC } from './principal.js';

/** A code of the catalogue; with the status where one code is sent with several (`token_invalid`). */
export type ProblemReference = string | readonly [code: string, status: number];

const API_PROBLEMS = 'http.api_problems';

/**
 * Names the error codes that a route answers with beside those that every route of its kind has (`rate_limited`,
 * `token_missing`, `validation_failed` …). Status, text and example are the catalogue's.
 */
export const ApiProblems = (...problems: readonly ProblemReference[]): CustomDecorator =>
  SetMetadata(API_PROBLEMS, problems);

/** What the decorators of this library say about one route. */
export interface RouteContract {
  /** Needs no bearer token. */
  readonly isPublic: boolean;
  /** Set where the caller is a service with an API key. */
  readonly apiKey: ApiKeyRule | undefined;
  /** The role that the user must have. */
  readonly role: string | undefined;
  /** The user must have authenticated a moment ago. */
  readonly stepUp: boolean;
  /** Also for users whose role demands a second factor, and who have none. */
  readonly withoutSecondFactor: boolean;
  /** Takes a form instead of JSON. */
  readonly acceptsForm: boolean;
  /** Takes `Idempotency-Key`. */
  readonly isIdempotent: boolean;
  readonly problems: readonly ProblemReference[];
}

const reflector = new Reflector();

/** The same metadata that guards and interceptors obey, so that a description of the API cannot say anything else. */
export function routeContract(controller: Type, handler: () => unknown): RouteContract {
  const read = <T>(key: string): T | undefined =>
    reflector.getAllAndOverride<T | undefined>(key, [handler, controller]);
  return {
    isPublic: read<boolean>(IS_PUBLIC) === true,
    apiKey: read<ApiKeyRule>(API_KEY_RULE),
    role: read<string>(REQUIRED_ROLE),
    stepUp: read<boolean>(STEP_UP) === true,
    withoutSecondFactor: read<boolean>(WITHOUT_SECOND_FACTOR) === true,
    acceptsForm: read<boolean>(ACCEPTS_FORM) === true,
    isIdempotent: read<boolean>(IS_IDEMPOTENT) === true,
    problems: read<readonly ProblemReference[]>(API_PROBLEMS) ?? [],
  };
}
