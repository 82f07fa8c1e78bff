import { createParamDecorator, SetMetadata, UnauthorizedException } from '@nestjs/common';
import type { CustomDecorator, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The user a bearer token stands for; the guard that checked it puts it at `request.principal`. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  /** As they are now, not as they were when the token was issued. */
  readonly roles: readonly string[];
  /** Seconds since the epoch of the last authentication (OIDC `auth_time`). */
  readonly authTime: number;
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  /** Authentication context class (RFC 9068 §2.2.1). */
  readonly acr: string;
  /** The account has this version, or had it within the last second. */
  readonly accountVersion: number;
  /** Whether the user has one, and whether it was proven in this session (`owed`: it was not). */
  readonly secondFactor: 'none' | 'proven' | 'owed';
}

/** Metadata key that bearer guards look up with Nest's `Reflector`. */
export const IS_PUBLIC = 'http.public';

/** Marks a route, or all routes of a controller, as needing no bearer token. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);

/** The caller of a route that is not `@Public()`. Missing means that no guard ran: refused, never `undefined`. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (!principal) throw new UnauthorizedException();
  return principal;
}

/** The same, as a parameter of a handler. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal =>
  principalOf(context.switchToHttp().getRequest()),
);
