import { createHash, timingSafeEqual } from 'node:crypto';

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { API_KEY_RULE } from '#platform/http';

import { ApiKeyInvalid } from '../../domain/errors.js';

export abstract class ApiKeySettings {
  abstract readonly apiKey: string;
}

/** Lets in who sends the one key, on routes that want it. Compares in constant time. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly settings: ApiKeySettings,
  ) {}

  /** Throws `ApiKeyInvalid`. */
  canActivate(context: ExecutionContext): boolean {
    if (!this.reflector.getAllAndOverride<unknown>(API_KEY_RULE, [context.getHandler(), context.getClass()]))
      return true;
    const sent = context.switchToHttp().getRequest<FastifyRequest>().raw.headers['x-api-key'];
    if (typeof sent !== 'string' || !isSame(sent, this.settings.apiKey)) throw new ApiKeyInvalid();
    return true;
  }
}

/** Whether two secrets are one, in a time that tells nothing of either. */
export function isSame(sent: string, secret: string): boolean {
  return timingSafeEqual(digest(sent), digest(secret));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
