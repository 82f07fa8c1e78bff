import { Controller, Get, HttpCode, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, Lean, readBearer, RequiresApiKey } from '#platform/http';

import { AuthenticateToken, type LiveToken } from '../../application/authenticate-token.js';
import { TokenInvalid, TokenMissing } from '../../domain/errors.js';

const header = (description: string, example: string): object => ({ description, schema: { type: 'string' }, example });

/**
 * Forward authentication: a gateway asks about each request before it lets it through. The gateway's own key may have
 * any scope: what is answered is only what the user's token says.
 */
@ApiTags('Other services')
@Controller('api/v1/gateway')
export class GatewayController {
  constructor(private readonly authenticate: AuthenticateToken) {}

  @Get('verify')
  @Lean()
  @HttpCode(204)
  @RequiresApiKey()
  @ApiOperation({
    operationId: 'verifyForGateway',
    summary: 'May this request pass?',
    description:
      "For nginx `auth_request`, Traefik, Envoy and Kong. Send the user's `Authorization` as it came, and the " +
      "gateway's own key, whatever its scopes. A 401 with `WWW-Authenticate: Bearer` is the user's, any other one the gateway's.",
  })
  @ApiNoContentResponse({
    description: 'The token is good; the headers say whose it is.',
    headers: {
      'X-User-Id': header('The user.', '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e'),
      'X-Session-Id': header('The session.', '01938a6e-7f00-7abc-8def-0123456789ab'),
      'X-User-Roles': header('The roles of the user as of now, joined by commas.', 'user'),
      'X-Auth-Acr': header('How surely the user proved who they are.', '1'),
    },
  })
  @ApiProblems(
    'token_missing',
    ['token_invalid', 401],
    'token_expired',
    'session_revoked',
    'session_idle_timeout',
    'session_state_unavailable',
  )
  verify(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void | Promise<void> {
    const bearer = readBearer(request.raw);
    if (bearer.kind === 'missing') throw new TokenMissing();
    if (bearer.kind === 'malformed') throw new TokenInvalid();
    const live = this.authenticate.execute(bearer.token);
    if (live instanceof Promise) return live.then((token) => tell(reply, token));
    tell(reply, live);
  }
}

function tell(reply: FastifyReply, { userId, sessionId, roles, acr }: LiveToken): void {
  reply
    .header('x-user-id', userId)
    .header('x-session-id', sessionId)
    .header('x-user-roles', roles.join(','))
    .header('x-auth-acr', acr);
}
