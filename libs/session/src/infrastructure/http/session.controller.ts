import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Clock } from '#kernel';
import { RequestContext } from '#platform/context';
import {
  ApiProblems,
  CurrentPrincipal,
  OpenWithoutSecondFactor,
  Public,
  RefusalTimeFloor,
  type Principal,
  DEVICE_TOKEN,
  DEVICE_TOKEN_ANSWER,
} from '#platform/http';

import { EndSessions } from '../../application/end-sessions.js';
import { RotateRefreshToken } from '../../application/rotate-refresh-token.js';
import { SignIn } from '../../application/sign-in.js';
import { deviceTokenFrom } from './device-token.js';
import { SecondFactorDueDto } from './second-factor.dto.js';
import { LoginDto, RefreshDto, TokensDto } from './session.dto.js';

@ApiTags('Sessions')
@Controller('api/v1/auth')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly rotateRefreshToken: RotateRefreshToken,
    private readonly ends: EndSessions,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'login',
    summary: 'Sign in with e-mail and password',
    description:
      'Opens a session. Put `accessToken` into the `Authorization` header of the calls that want one. For users with a ' +
      'second factor it opens none yet: `mfaRequired` says that `/auth/mfa/verify` comes next.',
  })
  @ApiExtraModels(TokensDto, SecondFactorDueDto)
  @ApiOkResponse({
    schema: { oneOf: [{ $ref: getSchemaPath(TokensDto) }, { $ref: getSchemaPath(SecondFactorDueDto) }] },
    description: 'Signed in, or half of it.',
    headers: DEVICE_TOKEN_ANSWER,
  })
  @ApiHeader({ name: DEVICE_TOKEN })
  @ApiProblems('invalid_credentials', 'email_unverified', 'login_throttled', 'overloaded')
  async login(
    @Body() { email, password, deviceName, rememberMe }: LoginDto,
    @Headers(DEVICE_TOKEN) deviceToken: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto | SecondFactorDueDto> {
    const { info } = this.context;
    const outcome = await this.signIn.execute({
      email,
      password,
      deviceName: deviceName ?? null,
      rememberMe: rememberMe ?? false,
      ip: info?.ip ?? null,
      userAgent: info?.userAgent ?? null,
      deviceToken: deviceTokenFrom(deviceToken),
    });
    if ('mfaToken' in outcome) return new SecondFactorDueDto(outcome);
    reply.header(DEVICE_TOKEN, outcome.deviceToken);
    return new TokensDto(outcome);
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Renew the access token',
    description:
      'Answers a new refresh token as well; the one that was sent is spent. Sent once more within a few seconds, ' +
      'because the answer was lost, it gets the same answer again; later it ends the session.',
  })
  @ApiOkResponse({ type: TokensDto, description: 'New tokens of the same session.' })
  @ApiProblems('refresh_invalid', 'refresh_reused', 'session_idle_timeout')
  async refresh(@Body() { refreshToken }: RefreshDto): Promise<TokensDto> {
    return new TokensDto(await this.rotateRefreshToken.execute(refreshToken, this.clock.now()));
  }

  @OpenWithoutSecondFactor()
  @Post('logout')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'logout',
    summary: 'Sign out',
    description: 'Ends the session: its access and refresh tokens are refused from now on.',
  })
  @ApiNoContentResponse({ description: 'The session has ended.' })
  async logout(@CurrentPrincipal() { sessionId }: Principal): Promise<void> {
    await this.ends.signOut(sessionId);
  }
}
