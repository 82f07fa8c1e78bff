import type { INestApplication } from '@nestjs/common';
import {
  DocumentBuilder,
  SwaggerModule,
  type HeadersObject,
  type OpenAPIObject,
  type OperationObject,
  type ParameterObject,
  type ReferenceObject,
} from '@nestjs/swagger';

import { HttpSettings, ProblemCatalogue, type RouteContract } from '#platform/http';

import { ProblemResponses, rateLimitHeaders, type OperationKind } from './openapi/problem-responses.js';
import { contractsOf } from './openapi/routes.js';
import { completeExamples, completeSchemas, operationsOf, type NamedOperation } from './openapi/schemas.js';
import { HEADER_PARAMETERS, ref, SHARED_COMPONENTS } from './openapi/shared-components.js';
import { VERSION } from './version.js';

const DESCRIPTION = `Who someone is, and that they are here.

- **Errors** are problem documents (RFC 9457). Branch on \`code\`; each code is explained at the address in \`type\`.
- **Times** are RFC 3339 in UTC, ids are UUIDv7.
- **Unknown members** of a body are refused. Bodies are JSON in UTF-8, 64 KiB at most.
- **HEAD** works wherever GET does. \`traceparent\` (W3C Trace Context) is passed on to audit events.`;

const TAGS: Readonly<Record<string, string>> = {
  Registration: 'Becoming a user: sign-up and the proof of the e-mail address.',
  Sessions: 'Being here: sign-in, renewal of tokens, sign-out.',
  'Second factor': 'Proving that it is really them: authenticator apps, passkeys, recovery codes.',
  'The signed-in user': 'What users see and change of themselves.',
  'Other services': 'For services and gateways, which call with an API key.',
  Operations: 'For load balancers and monitoring.',
  Documentation: 'This description, and the meaning of every error code.',
};

/** The API as OpenAPI 3.1, read off the application: controllers, DTOs, and the metadata that guards obey. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const docsBase = `${app.get(HttpSettings).publicBaseUrl}/docs/errors`;
  const document = SwaggerModule.createDocument(app, base(docsBase));
  const contracts = contractsOf(app);
  const problems = new ProblemResponses(app.get(ProblemCatalogue), docsBase);
  for (const named of operationsOf(document)) {
    const contract = contracts.get(named.name);
    if (contract === undefined) throw new Error(`No handler is known for ${named.name}`);
    completeOperation(named, contract, problems);
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
  return inReadingOrder(document);
}

function base(docsBase: string): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('User service')
    .setVersion(VERSION)
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setExternalDoc('Every error code', docsBase)
    // Relative: Swagger UI then calls the very service that served it, which the CSP demands.
    .addServer('/', 'The service that serves this description')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' }, 'bearer')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`.' }, 'metricsToken')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'Of another service.' }, 'apiKey')
    .addSecurityRequirements('bearer');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return builder.build();
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
): void {
  const kind = { ...contract, isApi: path.startsWith('/api/'), hasBody: operation.requestBody !== undefined };
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

function successHeaders({ isApi, isIdempotent }: OperationKind, hasETag: boolean): HeadersObject {
  return {
    'X-Request-Id': ref('headers', 'XRequestId'),
    'Cache-Control': ref('headers', 'CacheControl'),
    ...(isApi && rateLimitHeaders()),
    ...(hasETag && { ETag: ref('headers', 'ETag') }),
    ...(isIdempotent && { 'Idempotency-Replayed': ref('headers', 'IdempotencyReplayed') }),
  };
}
