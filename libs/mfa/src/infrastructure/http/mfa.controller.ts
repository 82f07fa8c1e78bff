import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal, OpenWithoutSecondFactor, type Principal } from '#platform/http';

import { MfaQueries } from '../../application/mfa-queries.js';
import { MfaStatusDto } from './mfa.dto.js';

/** What the signed-in user proves a second factor by. */
@ApiTags('Second factor')
@OpenWithoutSecondFactor()
@Controller('api/v1/users/me/mfa')
export class MfaController {
  constructor(private readonly queries: MfaQueries) {}

  @Get()
  @ApiOperation({
    operationId: 'readOwnMfa',
    summary: 'My second factors',
    description: 'What I can prove a second factor by, and how many recovery codes are left.',
  })
  @ApiOkResponse({ type: MfaStatusDto, description: 'My second factors.' })
  async status(@CurrentPrincipal() { userId }: Principal): Promise<MfaStatusDto> {
    return new MfaStatusDto(await this.queries.statusOf(userId));
  }
}
