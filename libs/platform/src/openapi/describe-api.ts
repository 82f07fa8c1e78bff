import type { INestApplication } from '@nestjs/common';
import {
  SwaggerModule,
  type HeadersObject,
  type OpenAPIObject,
  type OperationObject,
  type ParameterObject,
  type ReferenceObject,
} from '@nestjs/swagger';

import { ProblemCatalogue, type RouteContract } from '#platform/http';

import { ProblemResponses, rateLimitHeaders, type OperationKind } from './problem-responses.js';
import { contractsOf } from './routes.js';
import { completeExamples, completeSchemas, operationsOf, type NamedOperation } from './schemas.js';
import { HEADER_PARAMETERS, ref, SHARED_COMPONENTS } from './shared-components.js';

/** What an application says of itself beside its operations. */
export interface ApiIntroduction {
  readonly base: Omit<OpenAPIObject, 'paths'>;
  /** The page that explains every error code. */
  readonly docsBase: string;
  /** True where calls below `/api/` are limited by rate. */
  readonly isRateLimited: boolean;
}

/** The API as OpenAPI 3.1, read off the application: controllers, DTOs, and the metadata that guards obey. */
export function describeApi(app: INestApplication, { base, docsBase, isRateLimited }: ApiIntroduction): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, base);
  const contracts = contractsOf(app);
  const problems = new ProblemResponses(app.get(ProblemCatalogue), docsBase);
  for (const named of operationsOf(document)) {
    const contract = contracts.get(named.name);
    if (contract === undefined) throw new Error(`No handler is known for ${named.name}`);
    completeOperation(named, contract, problems, isRateLimited);
  }
  for (const item of Object.values(document.paths)) {
    item.parameters = ['XRequestId', 'AcceptLanguage'].map((name) => ref('parameters', name));
  }
  const shared = structuredClone(SHARED_COMPONENTS);
  document.components = {
    ...document.components,
    ...shared,
    schemas: { ...document.components?.schemas, ...shared.schemas },
    responses: { Refused: problems.refused },
    // Last: it holds the examples that were asked for until now.
    examples: problems.examples,
  };
  completeSchemas(document);
  completeExamples(document);
  dropUnused(document);
  return inReadingOrder(document);
}

function inReadingOrder({ paths, components, ...rest }: OpenAPIObject): OpenAPIObject {
  const sorted = Object.entries(paths).sort(([a], [b]) => a.localeCompare(b, 'en'));
  const { openapi, info, servers, tags, ...others } = rest;
  return {
    openapi,
    info,
    ...(servers && { servers }),
    ...(tags && { tags }),
    ...others,
    paths: Object.fromEntries(sorted),
    ...(components && { components }),
  };
}

function completeOperation(
  { path, operation }: NamedOperation,
  contract: RouteContract,
  problems: ProblemResponses,
  isRateLimited: boolean,
): void {
  const kind = kindOf(path, operation, contract, isRateLimited);
  // Without a requirement of its own an operation has the document's: the bearer token.
  if (contract.isPublic) operation.security ??= contract.apiKey === undefined ? [] : [{ apiKey: [] }];
  const { parameters, hasETag } = parametersOf(operation, contract);
  operation.parameters = parameters;
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response && !('$ref' in response)) {
      response.headers = { ...successHeaders(kind, hasETag && Number(status) < 400), ...response.headers };
    }
  }
  for (const [status, response] of Object.entries(problems.of(kind))) {
    if (operation.responses[status]) throw new Error(`${String(operation.operationId)} describes ${status} twice`);
    operation.responses[status] = response;
  }
}

function kindOf(
  path: string,
  operation: OperationObject,
  contract: RouteContract,
  isRateLimited: boolean,
): OperationKind {
  const isApi = path.startsWith('/api/');
  return { ...contract, isApi, isLimited: isApi && isRateLimited, hasBody: operation.requestBody !== undefined };
}

/** Headers are described once, in the components; operations name them. */
function parametersOf(
  operation: OperationObject,
  contract: RouteContract,
): { parameters: (ParameterObject | ReferenceObject)[]; hasETag: boolean } {
  const names = contract.isIdempotent ? ['idempotency-key'] : [];
  const others: (ParameterObject | ReferenceObject)[] = [];
  for (const parameter of operation.parameters ?? []) {
    if ('$ref' in parameter || parameter.in !== 'header') others.push(parameter);
    else names.push(parameter.name.toLowerCase());
  }
  const headers = names.map((name) => {
    const component = HEADER_PARAMETERS.get(name);
    if (component === undefined) throw new Error(`The header ${name} is not described`);
    return ref('parameters', component);
  });
  return { parameters: [...others, ...headers], hasETag: names.some((name) => name.endsWith('-match')) };
}

function successHeaders({ isLimited, isIdempotent }: OperationKind, hasETag: boolean): HeadersObject {
  return {
    'X-Request-Id': ref('headers', 'XRequestId'),
    'Cache-Control': ref('headers', 'CacheControl'),
    ...(isLimited && rateLimitHeaders()),
    ...(hasETag && { ETag: ref('headers', 'ETag') }),
    ...(isIdempotent && { 'Idempotency-Replayed': ref('headers', 'IdempotencyReplayed') }),
  };
}

const SECTIONS = ['schemas', 'headers', 'parameters', 'examples', 'responses'] as const;

/** Of what all applications share, each describes only what it uses. */
function dropUnused(document: OpenAPIObject): void {
  const text = JSON.stringify(document);
  const unused = SECTIONS.flatMap((section) => {
    const entries: Record<string, unknown> = document.components?.[section] ?? {};
    const names = Object.keys(entries).filter((name) => !text.includes(`"#/components/${section}/${name}"`));
    for (const name of names) Reflect.deleteProperty(entries, name);
    return names;
  });
  // What only they had used is of no use either.
  if (unused.length > 0) dropUnused(document);
}
