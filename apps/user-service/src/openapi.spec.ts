import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject, ResponseObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { ProblemCatalogue } from '#platform/http';
import { operationsOf } from '#platform/openapi';
import { createSampleApp } from './docs/sample-app.js';
import { buildOpenApi } from './openapi.js';
import { VERSION } from './version.js';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { $ref: string }>>;
}

const ROOT = join(import.meta.dirname, '../../..');

let app: NestFastifyApplication;
let document: OpenAPIObject;
let ajv: Ajv2020;

beforeAll(async () => {
  app = await createSampleApp();
  document = buildOpenApi(app);
  ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addFormat('password', true);
  ajv.addSchema(document, 'openapi');
});

afterAll(() => app.close());

const find = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);

/** References inside of the document lead into the document. */
function validator(schema: object): ValidateFunction {
  const absolute = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  return ajv.compile(JSON.parse(absolute) as object);
}

const resolved = (response: object): ResponseObject =>
  ('$ref' in response ? find(response.$ref as string) : response) as ResponseObject;

function bodies(): { where: string; media: Media; type: string }[] {
  return operationsOf(document).flatMap(({ name, operation }) => {
    const request = operation.requestBody as { content: Record<string, Media> } | undefined;
    const answers = Object.entries(operation.responses).map(([status, response]) => ({
      where: `${name} ${status}`,
      content: (resolved(response!).content ?? {}) as Record<string, Media>,
    }));
    return [{ where: `${name} body`, content: request?.content ?? {} }, ...answers].flatMap(({ where, content }) =>
      Object.entries(content).map(([type, media]) => ({ where, media, type })),
    );
  });
}

const examplesOf = ({ example, examples }: Media): unknown[] =>
  examples ? Object.values(examples).map(({ $ref }) => (find($ref) as { value: unknown }).value) : [example];

describe('The description of the API', () => {
  it('is OpenAPI 3.1 of the version in package.json', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version } });
    expect(VERSION).toBe(version);
  });

  it('is what openapi.json says', () => {
    expect(readFileSync(join(ROOT, 'openapi.json'), 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  it('gives every operation an id of its own, a summary and one tag that is explained', () => {
    const tags = document.tags!.map(({ name }) => name);
    const operations = operationsOf(document).map(({ operation }) => operation);
    for (const operation of operations) {
      expect(operation).toMatchObject({
        operationId: expect.stringMatching(/^[a-z][A-Za-z]+$/) as unknown,
        summary: expect.stringMatching(/\S/) as unknown,
        tags: [expect.stringMatching(new RegExp(`^(${tags.join('|')})$`)) as unknown],
      });
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(operations.length).toBeGreaterThan(15);
  });

  it('has an example for every body, and each is what its schema says', () => {
    let checked = 0;
    for (const { where, media } of bodies()) {
      const validate = validator(media.schema);
      for (const example of examplesOf(media)) {
        expect([where, example !== undefined, validate(example), validate.errors]).toEqual([where, true, true, null]);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('ID-08 names every member of what is sent and answered, and says that there is no other', () => {
    for (const [name, schema] of Object.entries(document.components!.schemas!)) {
      expect([name, schema]).toEqual([name, expect.objectContaining({ type: 'object', additionalProperties: false })]);
    }
    for (const { where, media, type } of bodies()) {
      // Documents that describe themselves.
      if (!type.endsWith('json') || ['get /openapi.json 200', 'get /schemas/audit/v1 200'].includes(where)) continue;
      // A sign-in has two answers, and so one of two schemas.
      const { oneOf = [media.schema] } = media.schema as { oneOf?: object[] };
      for (const schema of oneOf) expect([where, schema]).toEqual([where, { $ref: expect.any(String) as unknown }]);
    }
  });

  it('writes what can be null as 2020-12 JSON Schema does', () => {
    expect(document.components!.schemas!['UserProfileDto']).toMatchObject({
      properties: { displayName: { type: ['string', 'null'] }, phone: { type: ['string', 'null'] } },
    });
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('wants the bearer token wherever the guard does', () => {
    expect(document.security).toEqual([{ bearer: [] }]);
    const open = operationsOf(document).filter(({ operation }) => operation.security);
    const guarded = operationsOf(document).filter(({ operation }) => !operation.security);
    expect(guarded.map(({ name }) => name)).toEqual([
      'get /api/v1/admin/audit/dead-letters',
      'post /api/v1/admin/audit/dead-letters/{id}/retry',
      'get /api/v1/admin/users/{id}/reset-mfa',
      'post /api/v1/admin/users/{id}/reset-mfa',
      'delete /api/v1/admin/users/{id}/reset-mfa',
      'post /api/v1/auth/logout',
      'post /api/v1/auth/reauthenticate',
      'post /api/v1/auth/reauthenticate/passkey-options',
      'get /api/v1/users/me',
      'patch /api/v1/users/me',
      'post /api/v1/users/me/email',
      'get /api/v1/users/me/mfa',
      'post /api/v1/users/me/mfa/passkeys',
      'delete /api/v1/users/me/mfa/passkeys/{id}',
      'post /api/v1/users/me/mfa/passkeys/options',
      'post /api/v1/users/me/mfa/recovery-codes',
      'delete /api/v1/users/me/mfa/reset',
      'post /api/v1/users/me/mfa/totp',
      'delete /api/v1/users/me/mfa/totp',
      'post /api/v1/users/me/mfa/totp/confirm',
      'get /api/v1/users/me/mfa/trusted-devices',
      'delete /api/v1/users/me/mfa/trusted-devices',
      'delete /api/v1/users/me/mfa/trusted-devices/{id}',
      'post /api/v1/users/me/password',
      'get /api/v1/users/me/security-log',
      'get /api/v1/users/me/sessions',
      'delete /api/v1/users/me/sessions',
      'delete /api/v1/users/me/sessions/{id}',
    ]);
    for (const { operation } of guarded) expect(operation.responses).toHaveProperty(['401']);
    expect(open.find(({ name }) => name === 'get /metrics')?.operation.security).toEqual([{}, { metricsToken: [] }]);
  });

  it('tells where keys and entity tags are taken and given', () => {
    const { get, patch } = document.paths['/api/v1/users/me']!;
    expect(get!.parameters).toEqual([{ $ref: '#/components/parameters/IfNoneMatch' }]);
    expect(patch!.parameters).toEqual([{ $ref: '#/components/parameters/IfMatch' }]);
    const etag = { headers: { ETag: { $ref: '#/components/headers/ETag' } } };
    expect(get!.responses).toMatchObject({ 200: etag, 304: etag });
    expect(patch!.responses).toMatchObject({ 200: etag, 412: { description: 'Precondition failed.' } });
    const register = document.paths['/api/v1/auth/register']!.post!;
    expect(register.parameters).toEqual([{ $ref: '#/components/parameters/IdempotencyKey' }]);
    expect(register.responses).toHaveProperty(['202', 'headers', 'Idempotency-Replayed']);
  });

  it('shows every error code at some operation, with the text of the catalogue', () => {
    const shown = new Set<string>();
    for (const { media, where } of bodies().filter(({ type }) => type === 'application/problem+json')) {
      for (const [code, { $ref }] of Object.entries(media.examples!)) {
        const { value } = find($ref) as { value: { code: string; status: number; title: string; type: string } };
        expect(value).toMatchObject({ code, type: `http://localhost:8000/docs/errors#${code}` });
        const status = where.split(' ').at(-1)!;
        expect(String(value.status)).toMatch(new RegExp(`^${status.replace('XX', '..')}$`));
        expect(value.title).toBe(app.get(ProblemCatalogue).entry(code, value.status).problem.en.title);
        shown.add(`${value.status} ${code}`);
      }
    }
    const all = app.get(ProblemCatalogue).entries();
    const hidden = all.map(({ code, problem }) => `${problem.status} ${code}`).filter((entry) => !shown.has(entry));
    // Texts for exceptions that Nest itself may throw.
    expect(hidden.sort()).toEqual(['406 not_acceptable', '409 conflict', '422 unprocessable']);
  });
});
