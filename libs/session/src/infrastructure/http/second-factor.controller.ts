import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { PasskeyOptionsDto } from '#mfa';
import { RequestContext } from '#platform/context';
import { ApiProblems, Public, RefusalTimeFloor, DEVICE_TOKEN, DEVICE_TOKEN_ANSWER } from '#platform/http';

import { AskForPasskey } from '../../application/ask-for-passkey.js';
import { CompleteSignIn } from '../../application/complete-sign-in.js';
import { deviceTokenFrom } from './device-token.js';
import { MfaTokenDto, VerifySecondFactorDto } from './second-factor.dto.js';
import { TokensDto } from './session.dto.js';

@ApiTags('Second factor')
@Public()
@Controller('api/v1/auth/mfa')
export class SecondFactorController {
  constructor(
    private readonly completeSignIn: CompleteSignIn,
    private readonly askForPasskey: AskForPasskey,
    private readonly context: RequestContext,
  ) {}

  @Post('passkey-options')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'beginPasskeyVerification',
    summary: 'Options for a passkey as the second half',
    description:
      'For `navigator.credentials.get()`, where `methods` names `passkey`. Good for one answer to `/auth/mfa/verify` ' +
      'with the same `mfaToken`, within five minutes.',
  })
  @ApiOkResponse({ type: PasskeyOptionsDto, description: 'What the browser is asked with.' })
  @ApiProblems('mfa_token_expired')
  async passkeyOptions(@Body() { mfaToken }: MfaTokenDto): Promise<PasskeyOptionsDto> {
    return new PasskeyOptionsDto(await this.askForPasskey.inSignIn(mfaToken, this.context.info?.userAgent ?? null));
  }

  @Post('verify')
  @HttpCode(200)
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'verifySecondFactor',
    summary: 'Sign in: the second half',
    description:
      'For sign-ins that answered `mfaRequired`. The token is good for five minutes, from the device that was given it ' +
      '(the same `User-Agent`), until it has opened a session. A code is accepted once.',
  })
  @ApiHeader({ name: DEVICE_TOKEN })
  @ApiOkResponse({ type: TokensDto, description: 'Signed in.', headers: DEVICE_TOKEN_ANSWER })
  @ApiProblems(['mfa_invalid', 401], 'mfa_token_expired', 'mfa_throttled', 'mfa_unavailable', 'overloaded')
  async verify(
    @Body() { mfaToken, method, code, credential, rememberDevice }: VerifySecondFactorDto,
    @Headers(DEVICE_TOKEN) deviceToken: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const { info } = this.context;
    const tokens = await this.completeSignIn.execute({
      mfaToken,
      proof: { method, code, credential },
      ip: info?.ip ?? null,
      userAgent: info?.userAgent ?? null,
      deviceToken: deviceTokenFrom(deviceToken),
      rememberDevice: rememberDevice ?? false,
    });
    reply.header(DEVICE_TOKEN, tokens.deviceToken);
    return new TokensDto(tokens);
  }
}
