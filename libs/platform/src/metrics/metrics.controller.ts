import { Controller, Get, Headers, NotFoundException, Res, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems, Public } from '#platform/http';
import { MetricsSettings, mayScrape } from './metrics-access.js';
import { MetricsRegistry } from './metrics-registry.js';

/** `GET /metrics` for Prometheus, unless a port of its own serves it. */
@ApiTags('Operations')
@Controller()
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly settings: MetricsSettings,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'readMetrics',
    summary: 'Figures for Prometheus',
    description: 'Wants `METRICS_TOKEN` as a bearer token if that is set; not found if `METRICS_PORT` serves them.',
  })
  @ApiSecurity('metricsToken')
  @ApiSecurity({})
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'Prometheus text format',
    schema: { type: 'string', example: 'process_cpu_seconds_total 1.5' },
  })
  @ApiProblems('unauthenticated', 'not_found')
  async scrape(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (this.settings.port !== undefined) throw new NotFoundException();
    if (!mayScrape(this.settings, authorization)) {
      void reply.header('www-authenticate', 'Bearer');
      throw new UnauthorizedException();
    }
    void reply.header('content-type', this.metrics.contentType).header('cache-control', 'no-store');
    return this.metrics.text();
  }
}
