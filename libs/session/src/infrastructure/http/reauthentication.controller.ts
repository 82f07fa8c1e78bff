import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import {
  ApiProblems,
  CurrentPrincipal,
  OpenWithoutSecondFactor,
  RefusalTimeFloor,
  type Principal,
} from '#platform/http';

import { Reauthenticate } from '../../application/reauthenticate.js';
import { ReauthenticateDto, RenewedAccessDto } from './reauthentication.dto.js';

@ApiTags('Sessions')
@Controller('api/v1/auth/reauthenticate')
export class ReauthenticationController {
  constructor(private readonly reauthenticate: Reauthenticate) {}

  @Post()
  @HttpCode(200)
  @OpenWithoutSecondFactor()
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'reauthenticate',
    summary: 'Prove again who I am',
    description:
      'For calls that answer `reauthentication_required`: the new access token is good for them for five minutes. ' +
      'Whoever has a second factor has to send a `code` as well: of the app, or a recovery code. ' +
      'The session and its refresh token stay as they are.',
  })
  @ApiOkResponse({ type: RenewedAccessDto, description: 'A new access token of the same session.' })
  @ApiProblems('invalid_credentials', ['mfa_invalid', 401], 'mfa_throttled', 'overloaded')
  async renew(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { password, code }: ReauthenticateDto,
  ): Promise<RenewedAccessDto> {
    return new RenewedAccessDto(await this.reauthenticate.execute({ userId, sessionId, password, code }));
  }
}
