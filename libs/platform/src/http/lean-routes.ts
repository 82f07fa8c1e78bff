import {
  ForbiddenException,
  RequestMethod,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type Type,
} from '@nestjs/common';
import {
  GUARDS_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { LeanContext } from './lean-context.js';
import { ProblemFilter } from './problem.filter.js';

const IS_LEAN = 'http.lean';
// How Nest writes down what a parameter of a handler is: `type:index`.
const TAKES = [`${RouteParamtypes.REQUEST}:0`, `${RouteParamtypes.RESPONSE}:1`];

/**
 * For the few routes that every request of every other system takes. Guards, handler and filter are the same, in the same
 * order; what falls away is Nest's way between them: half a dozen promises and as many microtasks for a request whose
 * answer is in memory. The handler takes `@Req()` and `@Res({ passthrough: true })` and nothing else, since pipes do not
 * run, and has no guards, pipes or interceptors of its own; the start fails otherwise (ADR 0017).
 */
export const Lean = (): CustomDecorator => SetMetadata(IS_LEAN, true);

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

interface Slot {
  lean: Handler | undefined;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** By `METHOD /template`, filled by `installLeanRoutes`. */
    leanSlots: Map<string, Slot>;
  }
}

/** Leaves room before every route for a leaner way. Call it before routes are registered. */
export function keepRoomForLeanRoutes(server: FastifyInstance): void {
  const slots = new Map<string, Slot>();
  server.decorate('leanSlots', slots);
  server.addHook('onRoute', (route) => {
    const usual = route.handler;
    const slot: Slot = { lean: undefined };
    for (const method of [route.method].flat()) slots.set(`${method} ${route.url}`, slot);
    route.handler = function (request, reply) {
      return slot.lean === undefined ? usual.call(this, request, reply) : slot.lean(request, reply);
    };
  });
}

/** Gives the routes that are marked as lean their way. Call it after routes are registered. */
export function installLeanRoutes(app: NestFastifyApplication): void {
  const { leanSlots } = app.getHttpAdapter().getInstance();
  const guards = app.get(ApplicationConfig).getGlobalGuards();
  const filter = app.get(ProblemFilter, { strict: false });
  for (const { route, ...lane } of lanesOf(app)) {
    const slot = leanSlots.get(route);
    if (slot === undefined) throw new Error(`There is no route ${route} to make lean`);
    slot.lean = new Lane(lane, guards, filter).take;
  }
}

interface Target {
  readonly controller: Type;
  readonly handler: Handler;
  /** The handler, bound to its controller. */
  readonly call: Handler;
  readonly status: number;
}

class Lane {
  constructor(
    private readonly target: Target,
    private readonly guards: readonly CanActivate[],
    private readonly filter: ProblemFilter,
  ) {}

  readonly take = (request: FastifyRequest, reply: FastifyReply): void | Promise<void> => {
    const context = new LeanContext(request, reply, this.target.controller, this.target.handler as () => unknown);
    try {
      const passed = this.pass(context, 0);
      if (passed === undefined) return this.answer(context);
      return passed.then(() => this.answer(context)).catch((error: unknown) => this.fail(error, context));
    } catch (error) {
      this.fail(error, context);
    }
  };

  /** `undefined` when all agreed without a promise. */
  private pass(context: LeanContext, from: number): undefined | Promise<void> {
    for (let index = from; index < this.guards.length; index += 1) {
      const verdict = this.guards[index]?.canActivate(context);
      if (verdict === true) continue;
      // Guards of this house answer with booleans and promises of them; observables are nobody's here.
      if (verdict instanceof Promise) return verdict.then((late) => this.goOn(late, context, index + 1));
      throw new ForbiddenException();
    }
    return undefined;
  }

  private goOn(verdict: unknown, context: LeanContext, next: number): undefined | Promise<void> {
    if (verdict !== true) throw new ForbiddenException();
    return this.pass(context, next);
  }

  private answer(context: LeanContext): void | Promise<void> {
    const { request, reply } = context;
    reply.statusCode = this.target.status;
    const result = this.target.call(request, reply);
    if (!(result instanceof Promise)) {
      void reply.send(result);
      return;
    }
    return result.then(
      (late: unknown) => {
        void reply.send(late);
      },
      (error: unknown) => {
        this.fail(error, context);
      },
    );
  }

  private fail(error: unknown, context: LeanContext): void {
    this.filter.catch(error, context);
  }
}

function lanesOf(app: NestFastifyApplication): (Target & { readonly route: string })[] {
  return [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype, instance }) => {
      const controller = metatype as Type;
      const prototype = controller.prototype as Record<string, Handler>;
      return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        if (handler === undefined || Reflect.getMetadata(IS_LEAN, handler) !== true) return [];
        refuseMoreThanLean(controller, name, handler);
        return [{ ...targetOf(controller, handler), call: handler.bind(instance) }];
      });
    });
}

function targetOf(controller: Type, handler: Handler): Omit<Target, 'call'> & { readonly route: string } {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
  const segments = [controller, handler].flatMap((target) =>
    (Reflect.getMetadata(PATH_METADATA, target) as string).split('/').filter((segment) => segment !== ''),
  );
  const usual = method === RequestMethod.POST ? 201 : 200;
  return {
    controller,
    handler,
    status: (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ?? usual,
    route: `${RequestMethod[method]} /${segments.join('/')}`,
  };
}

/** What a lane would silently leave out must not be there. */
function refuseMoreThanLean(controller: Type, name: string, handler: Handler): void {
  const own = [GUARDS_METADATA, PIPES_METADATA, INTERCEPTORS_METADATA].filter((key) =>
    [controller, handler].some((target) => Reflect.hasMetadata(key, target)),
  );
  const takes = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as object | undefined) ?? {});
  if (own.length === 0 && takes.length === TAKES.length && TAKES.every((key) => takes.includes(key))) return;
  throw new Error(
    `${controller.name}.${name} is lean: it takes @Req() and @Res(), and has nothing of its own around it`,
  );
}
