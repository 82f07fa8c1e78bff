import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { RequestContext } from '#platform/context';
import { ApiProblems, CurrentPrincipal, type Principal } from '#platform/http';

import { ChangePassword } from '../../application/change-password.js';
import { ChangePasswordDto } from './password.dto.js';

@ApiTags('The signed-in user')
@Controller('api/v1/users/me/password')
export class PasswordController {
  constructor(
    private readonly changePassword: ChangePassword,
    private readonly context: RequestContext,
  ) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'changeOwnPassword',
    summary: 'Change my password',
    description: 'Ends all other sessions. This one goes on, with the tokens it has.',
  })
  @ApiNoContentResponse({ description: 'The new password counts from now on.' })
  @ApiProblems('current_password_wrong', 'password_rejected', 'login_throttled', 'overloaded')
  async change(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { currentPassword, newPassword }: ChangePasswordDto,
  ): Promise<void> {
    const source = this.context.info?.ip ?? null;
    await this.changePassword.execute({ userId, sessionId, source, currentPassword, newPassword });
  }
}
