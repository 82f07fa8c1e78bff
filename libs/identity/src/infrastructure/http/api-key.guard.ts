import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { RequestContext } from '#platform/context';
import { API_KEY_RULE, type ApiKeyRule } from '#platform/http';

import { ApiKeyInvalid, InsufficientScope } from '../../domain/api-key-errors.js';
import { ApiKeyCache, type ApiKeyVerdict } from '../api-key-cache.js';
import { ApiKeyUses } from './api-key-uses.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/**
 * Lets services in by `X-API-Key`, on routes that want one. The header is the only way: a key in a query would end up
 * in logs. Answers at once, without a promise, for a key that was seen within the last second.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #rules = new Map<Handler, ApiKeyRule | undefined>();

  constructor(
    private readonly reflector: Reflector,
    private readonly cache: ApiKeyCache,
    private readonly uses: ApiKeyUses,
    private readonly context: RequestContext,
  ) {}

  /** Throws `ApiKeyInvalid`, `InsufficientScope`. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.ruleOf(context);
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
      this.uses.refused(apiKeyId, 'insufficient_scope');
      throw new InsufficientScope();
    }
    request.apiKey = { apiKeyId, scopes };
    this.uses.used(apiKeyId);
    return true;
  }

  // A route's decorators never change; reading them takes longer than the rest of this guard.
  private ruleOf(context: ExecutionContext): ApiKeyRule | undefined {
    const handler = context.getHandler();
    if (this.#rules.has(handler)) return this.#rules.get(handler);
    const rule = this.reflector.getAllAndOverride<ApiKeyRule | undefined>(API_KEY_RULE, [handler, context.getClass()]);
    this.#rules.set(handler, rule);
    return rule;
  }
}
