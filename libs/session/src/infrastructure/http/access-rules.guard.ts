import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { Clock } from '#kernel';
import {
  IS_PUBLIC,
  REQUIRED_ROLE,
  RouteMetadata,
  routeTemplateOf,
  STEP_UP,
  WITHOUT_SECOND_FACTOR,
  type Principal,
} from '#platform/http';

import { NoteForbidden, type ForbiddenCall } from '../../application/note-forbidden.js';
import { SessionSettings } from '../../application/ports.js';
import { MfaEnrolmentRequired, ReauthenticationRequired, RoleMissing, TokenMissing } from '../../domain/errors.js';
import { isRecentlyAuthenticated } from '../../domain/recent-authentication.js';

interface Rules {
  readonly isPublic: boolean;
  readonly role: string | undefined;
  readonly stepUp: boolean;
  readonly withoutSecondFactor: boolean;
}

const REFUSALS = {
  role_missing: RoleMissing,
  mfa_enrolment_required: MfaEnrolmentRequired,
  reauthentication_required: ReauthenticationRequired,
} as const satisfies Record<ForbiddenCall['reason'], new () => Error>;

/**
 * What a route wants of a user beside a good token: first the role, then a second factor where a role demands one, then
 * a fresh proof of who they are (api.md, order of checks). Comes after the bearer guard, whose principal it judges: roles
 * are those of the account as it is now. Nothing is awaited for a user who has what is wanted.
 */
@Injectable()
export class AccessRulesGuard implements CanActivate {
  readonly #rules: RouteMetadata<Rules>;

  constructor(
    reflector: Reflector,
    private readonly note: NoteForbidden,
    private readonly settings: SessionSettings,
    private readonly clock: Clock,
  ) {
    this.#rules = new RouteMetadata((targets) => {
      const isMarked = (key: string): boolean =>
        reflector.getAllAndOverride<boolean | undefined>(key, targets) === true;
      return {
        isPublic: isMarked(IS_PUBLIC),
        role: reflector.getAllAndOverride<string | undefined>(REQUIRED_ROLE, targets),
        stepUp: isMarked(STEP_UP),
        withoutSecondFactor: isMarked(WITHOUT_SECOND_FACTOR),
      };
    });
  }

  /** Throws `RoleMissing`, `MfaEnrolmentRequired`, `ReauthenticationRequired`. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rules = this.#rules.of(context);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { principal } = request;
    if (principal === undefined) return this.admitNobody(rules);
    const reason = this.reasonAgainst(principal, rules);
    return reason === null || this.refuse(request, principal, reason);
  }

  private admitNobody({ isPublic, role, stepUp }: Rules): true {
    // A route that is public by mistake as well: nobody is let in.
    if (!isPublic || role !== undefined || stepUp) throw new TokenMissing();
    return true;
  }

  private reasonAgainst(principal: Principal, rules: Rules): ForbiddenCall['reason'] | null {
    const { role, stepUp } = rules;
    if (role !== undefined && !principal.roles.includes(role)) return 'role_missing';
    if (this.owesEnrolment(principal, rules)) return 'mfa_enrolment_required';
    return (stepUp || this.owesProof(principal, rules)) && !this.isFresh(principal)
      ? 'reauthentication_required'
      : null;
  }

  private owesEnrolment(principal: Principal, rules: Rules): boolean {
    return principal.secondFactor === 'none' && this.isDemanded(principal, rules);
  }

  private owesProof(principal: Principal, rules: Rules): boolean {
    return principal.secondFactor === 'owed' && this.isDemanded(principal, rules);
  }

  private isDemanded({ roles }: Principal, { withoutSecondFactor }: Rules): boolean {
    return !withoutSecondFactor && this.settings.mfaRequiredRoles.some((role) => roles.includes(role));
  }

  // The password alone is no fresh proof of somebody who has a second factor, however it was lost on the way here.
  private isFresh({ authTime, secondFactor }: Principal): boolean {
    return secondFactor !== 'owed' && isRecentlyAuthenticated(authTime, this.clock.now());
  }

  private async refuse(
    request: FastifyRequest,
    { userId, sessionId }: Principal,
    reason: ForbiddenCall['reason'],
  ): Promise<never> {
    const route = `${request.method} ${routeTemplateOf(request)}`;
    await this.note.execute({ userId, sessionId, reason, route });
    throw new REFUSALS[reason]();
  }
}
