import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Answer } from './api-client.js';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
}

interface Described {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Described | { readonly $ref: string }>>;
  readonly requestBody?: Described;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);
/** Headers that some answers carry, and that the description has to name there. */
const NOTABLE = [
  'etag',
  'idempotency-replayed',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/** An OpenAPI document, asked whether answers are what it promises. */
export class ApiDescription {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(json: string) {
    this.#document = JSON.parse(json) as Document;
    formats.default(this.#ajv);
    this.#ajv.addFormat('password', true);
    this.#ajv.addSchema(this.#document, 'openapi');
  }

  /** `GET /users/{id}` of every operation. */
  get operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => METHODS.has(method))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  requestExample(method: string, path: string): unknown {
    return this.operation(method, path).requestBody?.content?.['application/json']?.example;
  }

  /** What an answer has that the description does not promise; empty when all is well. */
  violations(method: string, path: string, answer: Answer): string[] {
    const { responses } = this.operation(method, path);
    const found = responses[String(answer.status)] ?? responses[`${String(answer.status).charAt(0)}XX`];
    if (found === undefined) return [`status ${answer.status}`];
    const response = '$ref' in found ? this.resolve(found.$ref) : found;
    const described = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase());
    const surprising = NOTABLE.filter((name) => answer.headers.has(name) && !described.includes(name));
    return [...surprising.map((name) => `header ${name}`), ...this.bodyViolations(response, answer)];
  }

  private bodyViolations({ content = {} }: Described, { headers, text }: Answer): string[] {
    if (text === '') return Object.keys(content).length === 0 ? [] : ['no body'];
    const type = headers.get('content-type')?.split(';', 1)[0] ?? 'none';
    const media = content[type] ?? content['*/*'];
    if (media === undefined) return [`content type ${type}`];
    const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"openapi#/')) as object;
    const validate = this.#ajv.compile(schema);
    validate(type.endsWith('json') ? JSON.parse(text) : text);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  }

  private operation(method: string, path: string): Operation {
    const asked = path.split('?', 1)[0] ?? path;
    const templates = Object.keys(this.#document.paths);
    const matching = templates.filter((template) => matches(template, asked)).sort((a, b) => literals(b) - literals(a));
    const operation = this.#document.paths[matching[0] ?? '']?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${asked} is not described`);
    return operation;
  }

  private resolve(ref: string): Described {
    return ref
      .slice(2)
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], this.#document) as Described;
  }
}

function matches(template: string, path: string): boolean {
  const segments = path.split('/');
  const wanted = template.split('/');
  return (
    wanted.length === segments.length && wanted.every((part, index) => part.startsWith('{') || part === segments[index])
  );
}

/** Of two templates that match, the one with more fixed segments is meant. */
function literals(template: string): number {
  return template.split('/').filter((part) => !part.startsWith('{')).length;
}
