import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { RequestContext } from '#platform/context';
import { API_KEY_RULE, RouteMetadata, type ApiKeyRule } from '#platform/http';

import { ApiKeyInvalid, InsufficientScope } from '../../domain/api-key-errors.js';
import { ApiKeyCache, type ApiKeyVerdict } from '../api-key-cache.js';
import { ApiKeyUses } from './api-key-uses.js';

/** The scope of those who ask whether a token is good. */
const INTROSPECT = 'tokens:introspect';

/**
 * Lets services in by `X-API-Key`, on routes that want one. The header is the only way: a key in a query would end up
 * in logs. Answers at once, without a promise, for a key that was seen within the last second.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #rules: RouteMetadata<ApiKeyRule | undefined>;

  constructor(
    reflector: Reflector,
    private readonly cache: ApiKeyCache,
    private readonly uses: ApiKeyUses,
    private readonly context: RequestContext,
  ) {
    this.#rules = new RouteMetadata((targets) => reflector.getAllAndOverride(API_KEY_RULE, targets));
  }

  /** Throws `ApiKeyInvalid`, `InsufficientScope`. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.#rules.of(context);
    if (rule === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const sent = request.raw.headers['x-api-key'];
    // Node joins repeated headers to something that is no key.
    if (typeof sent !== 'string') throw new ApiKeyInvalid();
    const verdict = this.cache.verify(sent);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.admit(request, rule, settled))
      : this.admit(request, rule, verdict);
  }

  private admit(request: FastifyRequest, { scope }: ApiKeyRule, verdict: ApiKeyVerdict): boolean {
    if (!verdict.live) {
      this.uses.refused(verdict.keyId, verdict.reason);
      throw new ApiKeyInvalid();
    }
    const { keyId: apiKeyId, scopes } = verdict;
    this.context.setActor({ type: 'service', apiKeyId });
    if (scope !== undefined && !scopes.includes(scope)) {
      this.uses.refused(apiKeyId, scope === INTROSPECT ? 'introspection_denied' : 'insufficient_scope');
      throw new InsufficientScope();
    }
    request.apiKey = { apiKeyId, scopes };
    this.uses.used(apiKeyId);
    return true;
  }
}
