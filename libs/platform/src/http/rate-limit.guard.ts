import { Injectable } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { Inject } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { getOptionsToken, getStorageToken, ThrottlerGuard } from '@nestjs/throttler';
import type { ThrottlerModuleOptions, ThrottlerRequest, ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { RateLimited } from './errors.js';
import './request-state.js';
import { SecurityLog } from './security-log.js';
import { RateLimitSettings } from './settings.js';

/**
 * The first of all guards: counts requests to `/api/` per client address (IPv6: per /64, which one customer owns) in
 * fixed windows of 60 seconds that begin with the address's first request. Says so in the headers of the IETF draft
 * "RateLimit header fields for HTTP".
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
    @Inject(RateLimitSettings) private readonly settings: RateLimitSettings,
    @Inject(SecurityLog) private readonly securityLog: SecurityLog,
  ) {
    super(options, storage, reflector);
  }

  /** By route, not by the address as it was written: `/%61pi/` is the same route. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { url } = context.switchToHttp().getRequest<FastifyRequest>().routeOptions;
    return Promise.resolve(!this.settings.enabled || !(url ?? '').startsWith('/api/'));
  }

  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const request = props.context.switchToHttp().getRequest<FastifyRequest>();
    const reply = props.context.switchToHttp().getResponse<FastifyReply>();
    const name = props.throttler.name ?? 'default';
    const key = await this.getTracker(request);
    const record = await this.storageService.increment(key, props.ttl, props.limit, props.blockDuration, name);
    const remaining = Math.max(0, props.limit - record.totalHits);
    reply.header('ratelimit-policy', `"${name}";q=${String(props.limit)};w=${String(Math.ceil(props.ttl / 1_000))}`);
    reply.header('ratelimit', `"${name}";r=${String(remaining)};t=${String(record.timeToExpire)}`);
    if (!record.isBlocked) return true;
    // Once per window and address: the limit must not become a way to fill the log.
    if (record.totalHits === props.limit + 1) this.report(request);
    throw new RateLimited(record.timeToExpire);
  }

  private report(request: FastifyRequest): void {
    const { requestId } = request.info;
    this.securityLog.event('excess_rate_limit_exceeded', { requestId, route: request.routeOptions.url });
  }
}
