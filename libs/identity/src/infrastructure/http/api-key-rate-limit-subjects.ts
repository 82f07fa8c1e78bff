import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { RateLimitSubjects } from '#platform/http';

import { ApiKeyCache } from '../api-key-cache.js';

/** Requests with an API key that was found good a moment ago count on that key, wherever they come from. */
@Injectable()
export class ApiKeyRateLimitSubjects extends RateLimitSubjects {
  constructor(private readonly cache: ApiKeyCache) {
    super();
  }

  override of({ raw }: FastifyRequest): string | undefined {
    const sent = raw.headers['x-api-key'];
    const keyId = typeof sent === 'string' ? this.cache.recentlyVerified(sent) : undefined;
    return keyId === undefined ? undefined : `key:${keyId}`;
  }
}
