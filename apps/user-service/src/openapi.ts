import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject } from '@nestjs/swagger';

import { HttpSettings } from '#platform/http';
import { describeApi } from '#platform/openapi';

import { VERSION } from './version.js';

const DESCRIPTION = `Who someone is, and that they are here.

- **Errors** are problem documents (RFC 9457). Branch on \`code\`; each code is explained at the address in \`type\`.
- **Times** are RFC 3339 in UTC, ids are UUIDv7.
- **Unknown members** of a body are refused. Bodies are JSON in UTF-8, 64 KiB at most.
- **HEAD** works wherever GET does. \`traceparent\` (W3C Trace Context) is passed on to audit events.`;

const TAGS: Readonly<Record<string, string>> = {
  Registration: 'Becoming a user: sign-up and the proof of the e-mail address.',
  Recovery: 'Getting back in by mail, and changing the address that it goes to.',
  Pages: 'What mailed links lead to where there is no front end of somebody’s own.',
  Sessions: 'Being here: sign-in, renewal of tokens, sign-out.',
  'Second factor': 'Proving that it is really them: authenticator apps, passkeys, recovery codes.',
  'The signed-in user': 'What users see and change of themselves.',
  'Other services': 'For services and gateways, which call with an API key.',
  Administration: 'For administrators, who have a second factor.',
  Operations: 'For load balancers and monitoring.',
  Documentation: 'This description, and the meaning of every error code.',
};

/** The API of the user service as OpenAPI 3.1. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const docsBase = `${app.get(HttpSettings).publicBaseUrl}/docs/errors`;
  return describeApi(app, { base: base(docsBase), docsBase, isRateLimited: true });
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
