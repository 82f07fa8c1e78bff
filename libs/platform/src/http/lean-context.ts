import type { ExecutionContext, Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What guards and filters see of a request on a lean route: the two arguments of an HTTP handler, and nothing made anew. */
export class LeanContext implements ExecutionContext {
  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    private readonly controller: Type,
    private readonly handler: () => unknown,
  ) {}

  getClass<T>(): Type<T> {
    return this.controller as Type<T>;
  }

  getHandler(): () => unknown {
    return this.handler;
  }

  getArgs<T extends unknown[]>(): T {
    return [this.request, this.reply] as unknown as T;
  }

  getArgByIndex<T>(index: number): T {
    return (index === 0 ? this.request : this.reply) as T;
  }

  getType<T extends string>(): T {
    return 'http' as T;
  }

  switchToHttp(): this {
    return this;
  }

  getRequest<T>(): T {
    return this.request as T;
  }

  getResponse<T>(): T {
    return this.reply as T;
  }

  getNext<T>(): T {
    return undefined as T;
  }

  switchToRpc(): never {
    throw new TypeError('This is an HTTP request');
  }

  switchToWs(): never {
    throw new TypeError('This is an HTTP request');
  }
}
