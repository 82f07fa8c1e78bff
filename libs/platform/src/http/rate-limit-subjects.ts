import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/**
 * On whom a request counts, when that is known before any guard ran. Bound by the composition root
 * (`HttpPlatformModule.forRoot({ rateLimitSubjects })`); without that, everything counts on the client's address.
 */
export abstract class RateLimitSubjects {
  /**
   * `user:<id>` for a token whose signature and expiry hold, `key:<id>` for an API key that was verified a short while
   * ago; undefined for everybody else, whose requests count on the client's address. It is asked for each request to
   * `/api/`: no database, no waiting, and never a name that the caller could choose freely. Must not throw.
   */
  abstract of(request: FastifyRequest): string | undefined;

  /** Told of every call that was over the limit. Nobody waits for it. Must not throw. */
  readonly refused?: (subject: string, request: FastifyRequest) => void;
}

@Injectable()
export class AddressesOnly extends RateLimitSubjects {
  override of(): undefined {
    return undefined;
  }
}
