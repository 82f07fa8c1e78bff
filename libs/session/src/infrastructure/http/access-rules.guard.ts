import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { Clock } from '#kernel';
import { REQUIRED_ROLE, RouteMetadata, routeTemplateOf, STEP_UP, type Principal } from '#platform/http';

import { NoteForbidden, type ForbiddenCall } from '../../application/note-forbidden.js';
import { ReauthenticationRequired, RoleMissing, TokenMissing } from '../../domain/errors.js';
import { isRecentlyAuthenticated } from '../../domain/recent-authentication.js';

interface Rules {
  readonly role: string | undefined;
  readonly stepUp: boolean;
}

/**
 * What a route wants of a user beside a good token: first the role, then a fresh proof of who they are (api.md, order
 * of checks). Comes after the bearer guard, whose principal it judges: roles are those of the account as it is now.
 * Nothing is awaited for a route that wants neither, or for a user who has both.
 */
@Injectable()
export class AccessRulesGuard implements CanActivate {
  readonly #rules: RouteMetadata<Rules | null>;

  constructor(
    reflector: Reflector,
    private readonly note: NoteForbidden,
    private readonly clock: Clock,
  ) {
    this.#rules = new RouteMetadata((targets) => {
      const role = reflector.getAllAndOverride<string | undefined>(REQUIRED_ROLE, targets);
      const stepUp = reflector.getAllAndOverride<boolean | undefined>(STEP_UP, targets) === true;
      return role === undefined && !stepUp ? null : { role, stepUp };
    });
  }

  /** Throws `RoleMissing`, `ReauthenticationRequired`. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rules = this.#rules.of(context);
    if (rules === null) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { principal } = request;
    // A route that is public by mistake as well: nobody is let in.
    if (principal === undefined) throw new TokenMissing();
    const reason = this.reasonAgainst(principal, rules);
    return reason === null || this.refuse(request, principal, reason);
  }

  private reasonAgainst({ roles, authTime }: Principal, { role, stepUp }: Rules): ForbiddenCall['reason'] | null {
    if (role !== undefined && !roles.includes(role)) return 'role_missing';
    return stepUp && !isRecentlyAuthenticated(authTime, this.clock.now()) ? 'reauthentication_required' : null;
  }

  private async refuse(
    request: FastifyRequest,
    { userId, sessionId }: Principal,
    reason: ForbiddenCall['reason'],
  ): Promise<never> {
    const route = `${request.method} ${routeTemplateOf(request)}`;
    await this.note.execute({ userId, sessionId, reason, route });
    throw reason === 'role_missing' ? new RoleMissing() : new ReauthenticationRequired();
  }
}
