import type { ExecutionContext, Type } from '@nestjs/common';

type Handler = ReturnType<ExecutionContext['getHandler']>;

interface Known<Value> {
  readonly controller: Type;
  readonly value: Value;
}

/**
 * What the decorators of a route say to a guard. They never change, and reading them walks two chains of prototypes, which
 * takes longer than the rest of a guard; so each route is read once. Kept by handler: one that two controllers inherit is
 * read again whenever the other one was asked for last.
 */
export class RouteMetadata<Value> {
  readonly #known = new WeakMap<Handler, Known<Value>>();

  /** @param read what `targets`, a handler and its controller, say; with Nest's `Reflector` */
  constructor(private readonly read: (targets: [Handler, Type]) => Value) {}

  of(context: ExecutionContext): Value {
    const handler = context.getHandler();
    const controller = context.getClass();
    const known = this.#known.get(handler);
    if (known?.controller === controller) return known.value;
    const value = this.read([handler, controller]);
    this.#known.set(handler, { controller, value });
    return value;
  }
}
