import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

import { routeContract, type RouteContract } from '#platform/http';

type Handler = () => unknown;

/** What guards and interceptors will do at each operation, by the operation's name in `paths`: `get /users/{id}`. */
export function contractsOf(app: INestApplication): ReadonlyMap<string, RouteContract> {
  const contracts = new Map<string, RouteContract>();
  for (const controller of controllersOf(app)) {
    const prototype = controller.prototype as Record<string, Handler>;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const handler = prototype[name];
      const operation = handler && operationOf(controller, handler);
      if (handler && operation !== undefined) contracts.set(operation, routeContract(controller, handler));
    }
  }
  return contracts;
}

function controllersOf(app: INestApplication): Type[] {
  const modules = [...app.get(ModulesContainer).values()];
  return modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype as Type));
}

/** Controllers here have one path and no version: both are written out in `@Controller`. */
function operationOf(controller: Type, handler: Handler): string | undefined {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return undefined;
  const segments = [controller, handler].flatMap((target) =>
    (Reflect.getMetadata(PATH_METADATA, target) as string).split('/').filter((segment) => segment !== ''),
  );
  return `${RequestMethod[method].toLowerCase()} ${documentedPath(`/${segments.join('/')}`)}`;
}

/** `/users/:id` of the router is `/users/{id}` in OpenAPI. */
export function documentedPath(template: string): string {
  return template.replaceAll(/:(\w+)/g, '{$1}');
}
