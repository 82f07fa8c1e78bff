import { Controller, Delete, Get, HttpCode, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';

import {
  ApiProblems,
  CurrentPrincipal,
  listRequest,
  ListQueryDto,
  ResourceId,
  ResourceNotFound,
  type Principal,
} from '#platform/http';

import { EndSessions } from '../../application/end-sessions.js';
import { ListSessions } from '../../application/list-sessions.js';
import { SessionListDto } from './own-sessions.dto.js';

@ApiTags('The signed-in user')
@Controller('api/v1/users/me/sessions')
export class OwnSessionsController {
  constructor(
    private readonly listSessions: ListSessions,
    private readonly ends: EndSessions,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listOwnSessions',
    summary: 'Where I am signed in',
    description: 'The live sessions, most recently used first.',
  })
  @ApiOkResponse({ type: SessionListDto, description: 'A page of my sessions.' })
  @ApiProblems('validation_failed')
  async list(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Query() query: ListQueryDto,
  ): Promise<SessionListDto> {
    return new SessionListDto(await this.listSessions.execute(userId, listRequest(query)), sessionId);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'endOtherOwnSessions',
    summary: 'Sign out everywhere else',
    description: 'Ends all my sessions but this one.',
  })
  @ApiNoContentResponse({ description: 'Their tokens are refused from now on.' })
  async endOthers(@CurrentPrincipal() { userId, sessionId }: Principal): Promise<void> {
    await this.ends.allOf(userId, 'owner', sessionId);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'endOwnSession',
    summary: 'End one of my sessions',
    description: 'May be this one.',
  })
  @ApiParam({ name: 'id', type: String, format: 'uuid', example: '01938a6e-7f00-7abc-8def-0123456789ab' })
  @ApiNoContentResponse({ description: 'Its tokens are refused from now on.' })
  @ApiProblems('not_found')
  async endOne(@CurrentPrincipal() { userId }: Principal, @ResourceId('id') id: string): Promise<void> {
    if (!(await this.ends.one(userId, id, 'owner'))) throw new ResourceNotFound();
  }
}
