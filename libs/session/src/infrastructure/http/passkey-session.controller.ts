import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { PasskeyOptionsDto } from '#mfa';
import { RequestContext } from '#platform/context';
import { ApiProblems, Public, RefusalTimeFloor, DEVICE_TOKEN, DEVICE_TOKEN_ANSWER } from '#platform/http';

import { SignInWithPasskey } from '../../application/sign-in-with-passkey.js';
import { deviceTokenFrom } from './device-token.js';
import { PasskeyLoginDto } from './passkey-session.dto.js';
import { TokensDto } from './session.dto.js';

/** A passkey as the only step of a sign-in. */
@ApiTags('Sessions')
@Public()
@Controller('api/v1/auth/passkey')
export class PasskeySessionController {
  constructor(
    private readonly signIn: SignInWithPasskey,
    private readonly context: RequestContext,
  ) {}

  @Post('options')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'beginPasskeyLogin',
    summary: 'Options for signing in with a passkey',
    description:
      'For `navigator.credentials.get()`. They name no user and no passkey: the browser offers those that it knows. ' +
      'Good for one answer, within five minutes.',
  })
  @ApiOkResponse({ type: PasskeyOptionsDto, description: 'What the browser is asked with.' })
  async options(): Promise<PasskeyOptionsDto> {
    return new PasskeyOptionsDto(await this.signIn.begin());
  }

  @Post()
  @HttpCode(200)
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'passkeyLogin',
    summary: 'Sign in with a passkey alone',
    description:
      'Opens a session. The authenticator has verified its user, so that this one step proves both factors, and ' +
      'nothing else is asked for.',
  })
  @ApiHeader({ name: DEVICE_TOKEN })
  @ApiOkResponse({ type: TokensDto, description: 'Signed in.', headers: DEVICE_TOKEN_ANSWER })
  @ApiProblems('passkey_refused')
  async login(
    @Body() { credential, deviceName, rememberMe }: PasskeyLoginDto,
    @Headers(DEVICE_TOKEN) deviceToken: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const { info } = this.context;
    const tokens = await this.signIn.execute(credential, {
      deviceName: deviceName ?? null,
      rememberMe: rememberMe ?? false,
      ip: info?.ip ?? null,
      userAgent: info?.userAgent ?? null,
      deviceToken: deviceTokenFrom(deviceToken),
    });
    reply.header(DEVICE_TOKEN, tokens.deviceToken);
    return new TokensDto(tokens);
  }
}
