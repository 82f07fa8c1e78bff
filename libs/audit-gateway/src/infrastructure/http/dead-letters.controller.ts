import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';

import {
  ApiProblems,
  listRequest,
  ListQueryDto,
  RequiresRole,
  ResourceId,
  ResourceNotFound,
  StepUp,
} from '#platform/http';

import { DeadLetters } from '../../application/dead-letters.js';
import { RetryDeadLetter } from '../../application/retry-dead-letter.js';
import { DeadLetterListDto } from './dead-letters.dto.js';

/** Discarding is left to the command line: it cannot be taken back. */
@ApiTags('Administration')
@RequiresRole('admin')
@Controller('api/v1/admin/audit/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly retryDeadLetter: RetryDeadLetter,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listDeadLetters',
    summary: 'Audit events that the Audit Service refuses',
    description: 'They stay until somebody has them sent again, or discards them on the command line.',
  })
  @ApiOkResponse({ type: DeadLetterListDto, description: 'A page of them.' })
  @ApiProblems('validation_failed')
  async list(@Query() query: ListQueryDto): Promise<DeadLetterListDto> {
    const { limit, after } = listRequest(query);
    return new DeadLetterListDto(await this.letters.list(limit + 1, after?.key), limit);
  }

  @Post(':id/retry')
  @HttpCode(204)
  @StepUp()
  @ApiOperation({
    operationId: 'retryDeadLetter',
    summary: 'Send one of them again',
    description: 'The very same event. Refused once more, it is a new dead letter.',
  })
  @ApiParam({ name: 'id', type: String, format: 'uuid', example: '01938a6e-7a30-7f60-b3c4-d5e6f7081920' })
  @ApiNoContentResponse({ description: 'It is on its way.' })
  @ApiProblems('not_found')
  async retry(@ResourceId('id') id: string): Promise<void> {
    if (!(await this.retryDeadLetter.execute(id))) throw new ResourceNotFound();
  }
}
