import { Controller, Get, Headers, NotFoundException, Res, UnauthorizedException } from '@nestjs/common';
import {
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#platform/http';
import { MetricsSettings, mayScrape } from './metrics-access.js';
import { MetricsRegistry } from './metrics-registry.js';

/** `GET /metrics` for Prometheus, unless a port of its own serves it. */
@ApiTags('operations')
@Controller()
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly settings: MetricsSettings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Figures for Prometheus; asks for METRICS_TOKEN as a bearer token if that is set' })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'Prometheus text format',
    schema: { type: 'string', example: 'process_cpu_seconds_total 1.5' },
  })
  @ApiUnauthorizedResponse({ description: 'The token is missing or wrong' })
  @ApiNotFoundResponse({ description: 'METRICS_PORT serves them instead' })
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
