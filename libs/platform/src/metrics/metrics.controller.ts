import {
  Controller,
  Get,
  Headers,
  NotFoundException,
  Res,
  UnauthorizedException,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '#platform/http';
import { MetricsSettings, mayScrape } from './metrics-access.js';
import { MetricsRegistry } from './metrics-registry.js';

/** `GET /metrics` for Prometheus, unless a port of its own serves it. */
@Controller({ version: VERSION_NEUTRAL })
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly settings: MetricsSettings,
  ) {}

  @Get()
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
