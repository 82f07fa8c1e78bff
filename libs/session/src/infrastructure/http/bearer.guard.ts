import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';

import { RequestContext } from '#platform/context';
import { IS_PUBLIC, readBearer, RouteMetadata, type Principal } from '#platform/http';

import { CheckAccess } from '../../application/check-access.js';
import type { SessionStanding, VerifiedToken } from '../../application/ports.js';
import { TokenInvalid, TokenMissing } from '../../domain/errors.js';
import { JwtAccessTokenVerifier } from '../access-token-verifier.jwt.js';
import { JwtStrategy } from './jwt.strategy.js';

type Request = FastifyRequest & { user?: VerifiedToken };

/**
 * Every route wants a bearer token, unless it is marked as public: a forgotten mark closes a door, never opens one.
 * This is on the path of every request: what was found good before is not given to passport again, and nothing is
 * awaited that is known already.
 */
@Injectable()
export class BearerGuard extends AuthGuard() {
  readonly #isPublic: RouteMetadata<boolean>;

  constructor(
    reflector: Reflector,
    private readonly context: RequestContext,
    private readonly verifier: JwtAccessTokenVerifier,
    private readonly checkAccess: CheckAccess,
    strategy: JwtStrategy,
  ) {
    // The strategy itself: its name is one for the whole process, whatever instances there are in it.
    super({ defaultStrategy: strategy });
    this.#isPublic = new RouteMetadata(
      (targets) => reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, targets) === true,
    );
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.#isPublic.of(context)) return true;
    const request = context.getArgByIndex<Request>(0);
    const header = readBearer(request.raw);
    if (header.kind === 'missing') throw new TokenMissing();
    if (header.kind === 'malformed') throw new TokenInvalid();
    const known = this.verifier.recall(header.token);
    return known === undefined ? this.#authenticate(context, request) : this.#check(request, known);
  }

  /** Passport reports a bad token as `info` and a failure of the check itself as `error`. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    // Whatever it is, it says nothing about the token: clients must not throw theirs away for it.
    if (error !== null && error !== undefined) throw error as Error;
    if (user === false) throw info as Error;
    return user;
  }

  async #authenticate(context: ExecutionContext, request: Request): Promise<boolean> {
    await super.canActivate(context);
    if (request.user === undefined) throw new TokenInvalid();
    return this.#check(request, request.user);
  }

  #check(request: Request, token: VerifiedToken): boolean | Promise<boolean> {
    const checked = this.checkAccess.execute(token.sessionId, token.userId);
    if (checked instanceof Promise) return checked.then((standing) => this.#admit(request, token, standing));
    return this.#admit(request, token, checked);
  }

  #admit(request: Request, token: VerifiedToken, standing: SessionStanding): boolean {
    const { userId, sessionId, authTime, amr, acr } = token;
    const { roles, accountVersion, secondFactor } = standing;
    const principal: Principal = { userId, sessionId, roles, authTime, amr, acr, accountVersion, secondFactor };
    request.principal = principal;
    this.context.setActor({ type: roles.includes('admin') ? 'admin' : 'user', id: userId, sessionId });
    return true;
  }
}
