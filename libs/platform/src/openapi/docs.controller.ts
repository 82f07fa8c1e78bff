import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems, Public, ResourceNotFound } from '#platform/http';
import { ServedDocument } from './served-document.js';
import { SWAGGER_UI_ASSETS, SWAGGER_UI_PAGE } from './swagger-ui.js';

const CACHED = ['cache-control', 'public, max-age=300'] as const;

/**
 * The description of the API and Swagger UI. Routes like all others, in place of `SwaggerModule.setup`: that one
 * registers its own past guards and filters, and with them every file of `swagger-ui-dist`.
 */
@ApiTags('Documentation')
@Controller()
@Public()
export class DocsController {
  constructor(private readonly document: ServedDocument) {}

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header(...CACHED)
  @ApiOperation({ operationId: 'readDocs', summary: 'Swagger UI', description: 'Not found unless `DOCS_ENABLED`.' })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string', example: '<!doctype html>…' }, description: 'The page.' })
  @ApiProblems('not_found')
  page(): string {
    return SWAGGER_UI_PAGE;
  }

  @Get('docs/:asset')
  @Header(...CACHED)
  @ApiOperation({ operationId: 'readDocsAsset', summary: 'What the page of Swagger UI loads' })
  @ApiParam({ name: 'asset', enum: Object.keys(SWAGGER_UI_ASSETS), example: 'swagger-ui.css' })
  @ApiProduces('*/*')
  @ApiOkResponse({ schema: { type: 'string', example: '.swagger-ui { … }' }, description: 'The file.' })
  @ApiProblems('not_found')
  async asset(@Param('asset') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string | Buffer> {
    const asset = Object.hasOwn(SWAGGER_UI_ASSETS, name) ? SWAGGER_UI_ASSETS[name] : undefined;
    if (asset === undefined) throw new ResourceNotFound();
    const content = await asset.read();
    reply.header('content-type', asset.contentType);
    return content;
  }

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  @Header(...CACHED)
  @ApiOperation({ operationId: 'readOpenApiJson', summary: 'This description as JSON' })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['openapi'],
      properties: { openapi: { type: 'string', example: '3.1.0' } },
      additionalProperties: true,
    },
    description: 'An OpenAPI 3.1 document.',
  })
  @ApiProblems('not_found')
  json(): string {
    return this.document.json;
  }

  @Get('openapi.yaml')
  @Header('content-type', 'application/yaml; charset=utf-8')
  @Header(...CACHED)
  @ApiOperation({ operationId: 'readOpenApiYaml', summary: 'This description as YAML' })
  @ApiProduces('application/yaml')
  @ApiOkResponse({ schema: { type: 'string', example: 'openapi: 3.1.0\n' }, description: 'An OpenAPI 3.1 document.' })
  @ApiProblems('not_found')
  yaml(): string {
    return this.document.yaml;
  }
}
