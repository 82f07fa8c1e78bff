import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';

import { RequestContext } from '#platform/context';
import { IS_PUBLIC, readBearer, type Principal } from '#platform/http';

import { TokenExpired, TokenInvalid, TokenMissing } from '../../domain/errors.js';

/** Every route wants a bearer token, unless it is marked as public: a forgotten mark closes a door, never opens one. */
@Injectable()
export class BearerGuard extends AuthGuard('jwt') {
  constructor(
    private readonly reflector: Reflector,
    private readonly context: RequestContext,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal }>();
    if (readBearer(request.raw).kind === 'missing') throw new TokenMissing();
    await super.canActivate(context);
    const principal = request.user;
    if (principal === undefined) throw new TokenInvalid();
    request.principal = principal;
    const type = principal.roles.includes('admin') ? 'admin' : 'user';
    this.context.setActor({ type, id: principal.userId, sessionId: principal.sessionId });
    return true;
  }

  /** Passport reports a bad token as `info` and a failure of the check itself as `error`. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    // Whatever it is, it says nothing about the token: a database that is down must not make clients throw theirs away.
    if (error !== null && error !== undefined) throw error as Error;
    if (user !== false) return user;
    if (info instanceof Error && info.name === 'TokenExpiredError') throw new TokenExpired();
    throw new TokenInvalid({ cause: info });
  }
}
