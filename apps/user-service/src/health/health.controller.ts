import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#platform/http';
import { HealthDocument, LiveDocument } from './health.dto.js';
import { HealthService, type HealthReport } from './health.service.js';

const NO_STORE = ['cache-control', 'no-store'] as const;

/** Probes. None of them needs a token, and none of them names a host. */
@ApiTags('Operations')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @Header(...NO_STORE)
  @ApiOperation({ operationId: 'readHealth', summary: 'Every dependency in detail: the container health check' })
  @ApiOkResponse({ type: HealthDocument, description: 'Able to serve, perhaps degraded' })
  @ApiServiceUnavailableResponse({ type: HealthDocument, description: 'Not able to serve' })
  async all(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    return answer(reply, await this.health.full());
  }

  @Get('live')
  @Header(...NO_STORE)
  @ApiOperation({ operationId: 'readLiveness', summary: 'The process answers; depends on nothing else' })
  @ApiOkResponse({ type: LiveDocument, description: 'Alive' })
  live(): LiveDocument {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header(...NO_STORE)
  @ApiOperation({ operationId: 'readReadiness', summary: 'Whether requests should be sent here' })
  @ApiOkResponse({ type: HealthDocument, description: 'Ready, perhaps degraded' })
  @ApiServiceUnavailableResponse({
    type: HealthDocument,
    description: 'Draining, or PostgreSQL or the migrations are missing',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    return answer(reply, await this.health.ready());
  }

  @Get('startup')
  @Header(...NO_STORE)
  @ApiOperation({ operationId: 'readStartup', summary: 'Whether the start is over; once it is, for ever' })
  @ApiOkResponse({ type: HealthDocument, description: 'Started' })
  @ApiServiceUnavailableResponse({ type: HealthDocument, description: 'Still starting' })
  async startup(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    return answer(reply, await this.health.startup());
  }
}

function answer(reply: FastifyReply, report: HealthReport): HealthReport {
  if (report.status === 'error') void reply.code(503);
  return report;
}
