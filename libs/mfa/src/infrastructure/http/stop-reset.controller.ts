import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import {
  ApiProblems,
  CurrentPrincipal,
  OpenWithoutSecondFactor,
  Public,
  ResourceNotFound,
  type Principal,
} from '#platform/http';

import { StopReset } from '../../application/agree-to-reset.js';
import { StopTokens } from '../../application/factor-resets.js';
import { StopTokenInvalid } from '../../domain/errors.js';
import { StopResetDto } from './reset.dto.js';

/** How the owner says no to a reset. */
@ApiTags('Second factor')
@Controller('api/v1')
export class StopResetController {
  constructor(
    private readonly stopReset: StopReset,
    private readonly tokens: StopTokens,
  ) {}

  @Delete('users/me/mfa/reset')
  @HttpCode(204)
  @OpenWithoutSecondFactor()
  @ApiOperation({
    operationId: 'stopOwnFactorReset',
    summary: 'Stop the reset of my second factors',
    description: 'That administrators have asked for, until it has happened.',
  })
  @ApiNoContentResponse({ description: 'My factors stay.' })
  @ApiProblems('not_found')
  async stop(@CurrentPrincipal() { userId, sessionId }: Principal): Promise<void> {
    if (!(await this.stopReset.execute(userId, 'owner', { session: { userId, sessionId } })))
      throw new ResourceNotFound();
  }

  @Public()
  @Post('auth/mfa/reset/stop')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'stopFactorReset',
    summary: 'Stop the reset with the mailed token',
    description: 'For owners who are not signed in. The token is good for that and nothing else.',
  })
  @ApiNoContentResponse({ description: 'The factors stay.' })
  @ApiProblems(['token_invalid', 400])
  async stopByMail(@Body() { token }: StopResetDto): Promise<void> {
    const named = this.tokens.read(token);
    if (named === null || !(await this.stopReset.execute(named.userId, 'owner', { id: named.id }))) {
      throw new StopTokenInvalid();
    }
  }
}
