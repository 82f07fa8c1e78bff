import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { getOptionsToken, getStorageToken, ThrottlerGuard } from '@nestjs/throttler';
import type { ThrottlerModuleOptions, ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { RateLimited } from './errors.js';
import { RateLimitStorage } from './rate-limit.storage.js';
import { RateLimitSubjects } from './rate-limit-subjects.js';
import './request-state.js';
import { routeTemplateOf } from './route-template.js';
import { SecurityLog } from './security-log.js';
import { RateLimitSettings } from './settings.js';

/**
 * Counts requests per user, else per API key, else per client address (IPv6: per /64, which one customer owns) in fixed
 * windows of 60 seconds that begin with the first request. Says so in the headers of the IETF draft "RateLimit header
 * fields for HTTP".
 */
@Injectable()
export class RequestCounter extends ThrottlerGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) private readonly storage: RateLimitStorage,
    @Inject(RateLimitSettings) private readonly settings: RateLimitSettings,
    @Inject(RateLimitSubjects) private readonly subjects: RateLimitSubjects,
    @Inject(SecurityLog) private readonly securityLog: SecurityLog,
  ) {
    super(options, storage, new Reflector());
  }

  protected override async handleRequest({
    context,
    ttl,
    limit: usual,
    throttler,
  }: ThrottlerRequest): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const name = throttler.name ?? 'default';
    const subject = this.subjects.of(request) ?? `address:${await this.getTracker(request)}`;
    const limit = subject.startsWith('key:') ? this.settings.perMinuteOfKeys : usual;
    const record = await this.storage.increment(`${name}:${subject}`, ttl, limit);
    const remaining = Math.max(0, record.limit - record.totalHits);
    reply.header('ratelimit-policy', `"${name}";q=${String(limit)};w=${String(Math.ceil(ttl / 1_000))}`);
    reply.header('ratelimit', `"${name}";r=${String(remaining)};t=${String(record.timeToExpire)}`);
    if (!record.isBlocked) return true;
    this.subjects.refused?.(subject, request);
    // Once per window and caller: the limit must not become a way to fill the log.
    if (record.totalHits === record.limit + 1) this.report(request);
    throw new RateLimited(record.timeToExpire);
  }

  private report(request: FastifyRequest): void {
    const { requestId } = request.info;
    this.securityLog.event('excess_rate_limit_exceeded', { requestId, route: routeTemplateOf(request) });
  }
}

/** The first of all guards: lets through what is not limited, without a detour, and has the rest counted. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly settings: RateLimitSettings,
    private readonly counter: RequestCounter,
  ) {}

  /** By route, not by the address as it was written: `/%61pi/` is the same route. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.settings.enabled) return true;
    const template = routeTemplateOf(context.getArgByIndex<FastifyRequest>(0));
    return template.startsWith('/api/') ? this.counter.canActivate(context) : true;
  }
}
