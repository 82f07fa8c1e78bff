import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, CurrentPrincipal, listRequest, ListQueryDto, type Principal } from '#platform/http';

import { ReadSecurityLog } from '../../application/read-security-log.js';
import { SecurityLogDto } from './security-log.dto.js';

@ApiTags('The signed-in user')
@Controller('api/v1/users/me/security-log')
export class SecurityLogController {
  constructor(private readonly readSecurityLog: ReadSecurityLog) {}

  @Get()
  @ApiOperation({
    operationId: 'readOwnSecurityLog',
    summary: 'What happened to my account',
    description:
      'Newest first: sign-ins of the last 90 days and how those sessions ended, the last proof of who I am in each, ' +
      'my registration, the confirmation of my address, and the last change of my password.',
  })
  @ApiOkResponse({ type: SecurityLogDto, description: 'A page of the log.' })
  @ApiProblems('validation_failed')
  async read(@CurrentPrincipal() { userId }: Principal, @Query() query: ListQueryDto): Promise<SecurityLogDto> {
    return new SecurityLogDto(await this.readSecurityLog.execute(userId, listRequest(query)));
  }
}
