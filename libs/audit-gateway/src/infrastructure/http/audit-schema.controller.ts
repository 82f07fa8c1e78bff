import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { auditEventJsonSchema } from '#platform/audit-chain';
import { Public } from '#platform/http';

import { AuditRecordSettings, SCHEMA_PATH } from '../cloud-event.encoder.js';

/** Where the `dataschema` of every event leads. */
@ApiTags('Other services')
@Controller(SCHEMA_PATH)
@Public()
export class AuditSchemaController {
  private readonly schema: object;

  constructor({ publicBaseUrl }: AuditRecordSettings) {
    this.schema = auditEventJsonSchema(`${publicBaseUrl}${SCHEMA_PATH}`);
  }

  @Get()
  @Header('cache-control', 'public, max-age=300')
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @ApiOperation({
    operationId: 'readAuditSchema',
    summary: 'What an audit event looks like',
    description: 'JSON Schema 2020-12 of the CloudEvents that are sent to the Audit Service.',
  })
  @ApiOkResponse({
    description: 'The schema.',
    content: {
      'application/schema+json': {
        schema: { type: 'object' },
        example: { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Audit event', type: 'object' },
      },
    },
  })
  read(): object {
    return this.schema;
  }
}
