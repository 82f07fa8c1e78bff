import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Public } from '#platform/http';

import { Readiness } from '../readiness.js';

class HealthDocument {
  @ApiProperty({ type: String, enum: ['ok', 'degraded', 'error'], example: 'ok' })
  readonly status!: string;

  @ApiProperty({
    type: String,
    required: false,
    enum: ['draining', 'unreachable', 'migrations_pending', 'role_may_alter'],
    description: 'What is wrong, unless it is ok.',
  })
  readonly reason?: string;
}

/** Probes. None of them needs a key, and none of them names a host. */
@ApiTags('Operations')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get()
  @ApiOperation({ operationId: 'readHealth', summary: 'Whether it can take events: the container health check' })
  @ApiOkResponse({ type: HealthDocument, description: 'Able to take events' })
  @ApiServiceUnavailableResponse({ type: HealthDocument, description: 'Not able to' })
  all(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthDocument> {
    return this.answer(reply);
  }

  @Get('live')
  @ApiOperation({ operationId: 'readLiveness', summary: 'The process answers; depends on nothing else' })
  @ApiOkResponse({ type: HealthDocument, description: 'Alive' })
  live(): HealthDocument {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'readReadiness', summary: 'Whether events should be sent here' })
  @ApiOkResponse({ type: HealthDocument, description: 'Ready' })
  @ApiServiceUnavailableResponse({
    type: HealthDocument,
    description: 'Draining, or PostgreSQL or the migrations are missing',
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthDocument> {
    return this.answer(reply);
  }

  private async answer(reply: FastifyReply): Promise<HealthDocument> {
    const state = await this.readiness.state();
    if (state.status === 'error') void reply.code(503);
    return state;
  }
}
