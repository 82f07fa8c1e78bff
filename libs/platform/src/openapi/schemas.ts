import type { OpenAPIObject, ReferenceObject, SchemaObject } from '@nestjs/swagger';

type Schema = SchemaObject | ReferenceObject;
type Schemas = Readonly<Record<string, Schema>>;

/**
 * Closes every object that names its members (ID-08: nothing else is accepted, nothing else is answered), and writes
 * `example` as JSON Schema 2020-12 has it.
 */
export function completeSchemas(document: OpenAPIObject): void {
  for (const schema of Object.values(document.components?.schemas ?? {})) completeSchema(schema);
  for (const media of mediaTypesOf(document)) if (media.schema) completeSchema(media.schema);
}

function completeSchema(schema: Schema): void {
  if ('$ref' in schema) return;
  if (schema.properties) {
    schema.additionalProperties ??= false;
    Object.values(schema.properties).forEach(completeSchema);
  }
  if (schema.items) completeSchema(schema.items);
  if (typeof schema.additionalProperties === 'object') completeSchema(schema.additionalProperties);
  if ('example' in schema) {
    schema.examples = [schema.example];
    delete schema.example;
  }
}

/** Gives every body that has none an example, made of those of its members. */
export function completeExamples(document: OpenAPIObject): void {
  for (const media of mediaTypesOf(document)) {
    if (media.schema && media.example === undefined && media.examples === undefined) {
      media.example = exampleOf(media.schema, document.components?.schemas ?? {});
    }
  }
}

/** `undefined` for a schema without any example: an optional member is left out then. */
function exampleOf(schema: Schema, schemas: Schemas): unknown {
  if ('$ref' in schema) {
    const target = schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)];
    return target && exampleOf(target, schemas);
  }
  const [own] = Array.isArray(schema.examples) ? (schema.examples as unknown[]) : [];
  if (own !== undefined) return own;
  const [alternative] = schema.oneOf ?? [];
  if (alternative) return exampleOf(alternative, schemas);
  if (schema.items) return [exampleOf(schema.items, schemas)];
  if (schema.properties === undefined) return undefined;
  const members = Object.entries(schema.properties).map(
    ([name, member]) => [name, exampleOf(member, schemas)] as const,
  );
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

interface MediaType {
  schema?: Schema;
  example?: unknown;
  examples?: unknown;
}

function mediaTypesOf(document: OpenAPIObject): MediaType[] {
  const bodies = operationsOf(document).flatMap(({ operation }) => [
    operation.requestBody,
    ...Object.values(operation.responses),
  ]);
  return bodies.flatMap((body) => (body && 'content' in body ? Object.values(body.content ?? {}) : []));
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

export interface NamedOperation {
  /** `get /users/{id}` */
  readonly name: string;
  readonly path: string;
  readonly operation: NonNullable<OpenAPIObject['paths'][string]['get']>;
}

export function operationsOf(document: OpenAPIObject): NamedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ name: `${method} ${path}`, path, operation }] : [];
    }),
  );
}
