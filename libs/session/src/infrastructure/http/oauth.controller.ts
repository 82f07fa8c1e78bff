import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AcceptsForm, ApiProblems, Lean, RequiresScope, ValidationFailed } from '#platform/http';

import type { LiveToken } from '../../application/authenticate-token.js';
import { IntrospectToken } from '../../application/introspect-token.js';
import { RevokeToken } from '../../application/revoke-token.js';
import { AccessTokenSettings } from '../access-token.settings.js';
import { IntrospectionDto, TokenFormDto } from './oauth.dto.js';

const FORM = 'application/x-www-form-urlencoded';
/** Absent when nothing was sent. */
type Form = Readonly<Record<string, unknown>> | undefined;

/** What other services may ask and do about tokens that their users showed them. */
@ApiTags('Other services')
@AcceptsForm()
@Controller('api/v1/oauth')
export class OAuthController {
  readonly #rendered = new WeakMap<LiveToken, string>();

  constructor(
    private readonly introspectToken: IntrospectToken,
    private readonly revokeToken: RevokeToken,
    private readonly settings: AccessTokenSettings,
  ) {}

  @Post('introspect')
  @Lean()
  @HttpCode(200)
  @RequiresScope('tokens:introspect')
  @ApiOperation({
    operationId: 'introspectToken',
    summary: 'What is this access token good for?',
    description:
      'RFC 7662. Whatever is no live access token (wrong, expired, of a session that ended, a refresh token) is ' +
      '`{ "active": false }`, and never why. When the answer is not known, it is 503 and not `false`.',
  })
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ type: IntrospectionDto, description: 'What the token says, if it is live.' })
  @ApiProblems('session_state_unavailable')
  introspect(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string | IntrospectionDto | Promise<string | IntrospectionDto> {
    const found = this.introspectToken.execute(tokenOf(request.body as Form));
    return found instanceof Promise ? found.then((live) => this.answer(reply, live)) : this.answer(reply, found);
  }

  /** A live token says the same each time, and gateways ask about it all the time: its bytes are made once. */
  private answer(reply: FastifyReply, live: LiveToken | null): string | IntrospectionDto {
    if (live === null) return new IntrospectionDto(null, this.settings);
    let json = this.#rendered.get(live);
    if (json === undefined) {
      json = JSON.stringify(new IntrospectionDto(live, this.settings));
      this.#rendered.set(live, json);
    }
    reply.header('content-type', 'application/json; charset=utf-8');
    return json;
  }

  @Post('revoke')
  @HttpCode(200)
  @RequiresScope('tokens:revoke')
  @ApiOperation({
    operationId: 'revokeToken',
    summary: 'End the session of this token',
    description:
      'RFC 7009. Takes access and refresh tokens; all tokens of the session are dead afterwards. A token that is ' +
      'good for nothing is revoked already, so the answer is 200 as well.',
  })
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ description: 'Whatever the token was, it is good for nothing any more.' })
  async revoke(@Body() form: Form): Promise<void> {
    await this.revokeToken.execute(tokenOf(form));
  }
}

/** RFC 6749 §3.2: parameters without a value are as good as absent, repeated ones are an error. */
function tokenOf(form: Form): string {
  const token = form?.['token'];
  if (typeof token === 'string' && token !== '') return token;
  const code = Array.isArray(token) ? 'duplicate_parameter' : 'required';
  throw new ValidationFailed([{ pointer: '/token', code }]);
}
