import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject } from '@nestjs/swagger';

import { HttpSettings } from '#platform/http';
import { describeApi } from '#platform/openapi';

const DESCRIPTION = `The reference Audit Service: takes audit events, keeps them for ever, and proves that nothing is missing and nothing was
altered.

- **Errors** are problem documents (RFC 9457). Branch on \`code\`; each code is explained at the address in \`type\`.
- **Events** are CloudEvents 1.0 with a place in a lane and a hash that covers the hash of the event before it.
- **HEAD** works wherever GET does.`;

const TAGS: Readonly<Record<string, string>> = {
  Events: 'Bringing events, and finding them again.',
  Lanes: 'What is there of each lane, and the proof.',
  Operations: 'For load balancers and monitoring.',
  Documentation: 'This description, and the meaning of every error code.',
};

/** The API of the Audit Service as OpenAPI 3.1. */
export function buildAuditOpenApi(app: INestApplication): OpenAPIObject {
  const docsBase = `${app.get(HttpSettings).publicBaseUrl}/docs/errors`;
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Audit Service')
    .setVersion('1.0.0')
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setExternalDoc('Every error code', docsBase)
    .addServer('/', 'The service that serves this description')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: '`AUDIT_METRICS_TOKEN`.' }, 'metricsToken')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: '`AUDIT_SERVICE_API_KEY`.' }, 'apiKey')
    .addSecurityRequirements('apiKey');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return describeApi(app, { base: builder.build(), docsBase, isRateLimited: false });
}
