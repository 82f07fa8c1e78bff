import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestContext } from '#platform/context';
import { ApiProblems, DEVICE_TOKEN, DEVICE_TOKEN_ANSWER, Public, TimeFloor } from '#platform/http';

import { RequestPasswordReset } from '../../application/request-password-reset.js';
import { ResetPassword } from '../../application/reset-password.js';
import { ForgotPasswordDto, RecoveryAnswerDto, ResetPasswordDto } from './recovery.dto.js';

@ApiTags('Recovery')
@Public()
@Controller('api/v1/auth/password')
export class RecoveryController {
  constructor(
    private readonly requestReset: RequestPasswordReset,
    private readonly resetPassword: ResetPassword,
    private readonly context: RequestContext,
  ) {}

  @Post('forgot')
  @HttpCode(202)
  @TimeFloor()
  @ApiOperation({
    operationId: 'forgotPassword',
    summary: 'Ask for a link that sets a new password',
    description:
      'The answer and its time are the same whether or not there is such an account: that is looked up afterwards. The ' +
      'account stays as it is, and three mails an hour are sent to one account at most.',
  })
  @ApiAcceptedResponse({ type: RecoveryAnswerDto, description: 'A mail is on its way if one is due.' })
  async forgot(@Body() { email }: ForgotPasswordDto): Promise<RecoveryAnswerDto> {
    await this.requestReset.execute(email);
    return { status: 'accepted' };
  }

  @Post('reset')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Set a new password by a mailed token',
    description:
      'The token works once, for an hour, until a newer one is mailed or the password changes. Every session of the user ' +
      'ends and nobody is signed in; second factors stay. A password that is refused leaves the token as it was. ' +
      'With the device token of the answer, and for an hour from the same network without it, a sign-in is not held up by ' +
      'what others fail at this address.',
  })
  @ApiNoContentResponse({ description: 'The new password counts from now on.', headers: DEVICE_TOKEN_ANSWER })
  @ApiProblems(['token_invalid', 400], 'password_rejected', 'overloaded')
  async reset(
    @Body() { token, newPassword }: ResetPasswordDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { info } = this.context;
    const origin = { source: info?.ip ?? null, userAgent: info?.userAgent ?? null };
    reply.header(DEVICE_TOKEN, await this.resetPassword.execute(token, newPassword, origin));
  }
}
