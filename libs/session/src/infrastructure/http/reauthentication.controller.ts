import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, CurrentPrincipal, RefusalTimeFloor, type Principal } from '#platform/http';

import { Reauthenticate } from '../../application/reauthenticate.js';
import { ReauthenticateDto, RenewedAccessDto } from './reauthentication.dto.js';

@ApiTags('Sessions')
@Controller('api/v1/auth/reauthenticate')
export class ReauthenticationController {
  constructor(private readonly reauthenticate: Reauthenticate) {}

  @Post()
  @HttpCode(200)
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'reauthenticate',
    summary: 'Prove again who I am',
    description:
      'For calls that answer `reauthentication_required`: the new access token is good for them for five minutes. ' +
      'The session and its refresh token stay as they are.',
  })
  @ApiOkResponse({ type: RenewedAccessDto, description: 'A new access token of the same session.' })
  @ApiProblems('invalid_credentials', 'overloaded')
  async renew(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { password }: ReauthenticateDto,
  ): Promise<RenewedAccessDto> {
    return new RenewedAccessDto(await this.reauthenticate.execute({ userId, sessionId, password }));
  }
}
