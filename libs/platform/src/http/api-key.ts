import { applyDecorators, SetMetadata } from '@nestjs/common';

import { Public } from './principal.js';

/** The service an API key stands for; the guard that checked it puts it at `request.apiKey`. */
export interface ApiKeyPrincipal {
  readonly apiKeyId: string;
  readonly scopes: readonly string[];
}

/** What a route wants of the key in `X-API-Key`. */
export interface ApiKeyRule {
  /** `undefined`: any live key will do, because the route gives the key itself no right. */
  readonly scope: string | undefined;
}

/** Metadata key that the guard of API keys looks up with Nest's `Reflector`. */
export const API_KEY_RULE = 'http.api_key_rule';

const wants = (rule: ApiKeyRule): MethodDecorator & ClassDecorator =>
  // No bearer token of a user: who calls is a service.
  applyDecorators(SetMetadata(API_KEY_RULE, rule), Public());

/** The caller is a service: its `X-API-Key` must be live (else 401) and have the scope (else 403). */
export const RequiresScope = (scope: string): MethodDecorator & ClassDecorator => wants({ scope });

/** The caller is a service: any live `X-API-Key` will do. */
export const RequiresApiKey = (): MethodDecorator & ClassDecorator => wants({ scope: undefined });
