import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';

const REPOSITORY = join(import.meta.dirname, '../..');
const CALL = /\b(GET|POST|PUT|PATCH|DELETE) (\/[\w/{}-]*[\w}])/g;
const REFUSAL = /\b([45]\d\d) `([a-z_]+)`/g;
const DIAGRAM = /```mermaid\n(\w+)\n([^]*?)```/g;

/** One, or several by their codes. */
interface Examples {
  readonly example?: { readonly code?: string };
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Response {
  readonly content?: Readonly<Record<string, Examples>>;
}
/** What all operations of a path have in common has no responses. */
interface Operation {
  readonly responses?: Readonly<Record<string, Response>>;
}

let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

beforeAll(async () => {
  ({ paths } = JSON.parse(await readFile(join(REPOSITORY, 'openapi.json'), 'utf8')) as { paths: typeof paths });
});

const read = (name: string): Promise<string> => readFile(join(REPOSITORY, 'docs', name), 'utf8');
const found = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, first, second]) => `${first!} ${second!}`))].sort();

/** `401 mfa_invalid`, of all calls of the API. */
function refusals(): Set<string> {
  const responses = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.responses));
  return new Set(
    responses.flatMap((each = {}) =>
      Object.entries(each).flatMap(([status, { content = {} }]) =>
        Object.values(content).flatMap(({ example, examples = { [String(example?.code)]: example } }) =>
          Object.keys(examples).map((code) => `${status} ${code}`),
        ),
      ),
    ),
  );
}

describe('The guide to second factors for client developers', () => {
  it.each(['mfa-for-clients.md', 'mfa-for-clients.ko.md'])('%s names calls that there are', async (name) => {
    const calls = found(await read(name), CALL);
    const unknown = calls.filter((call) => {
      const [method = '', path = ''] = call.split(' ');
      return paths[`/api/v1${path}`]?.[method.toLowerCase()] === undefined;
    });

    expect(calls.length).toBeGreaterThan(15);
    expect(unknown).toEqual([]);
  });

  it.each(['mfa-for-clients.md', 'mfa-for-clients.ko.md'])('%s names refusals that there are', async (name) => {
    const named = found(await read(name), REFUSAL);
    const known = refusals();

    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((refusal) => !known.has(refusal))).toEqual([]);
  });

  it('says the same in both languages, with the same diagrams', async () => {
    const [english, korean] = [await read('mfa-for-clients.md'), await read('mfa-for-clients.ko.md')];
    const arrows = (text: string): unknown[] =>
      [...text.matchAll(DIAGRAM)].map(([, kind, body]) => [kind, body!.match(/-?->>/g)]);

    expect(found(korean, CALL)).toEqual(found(english, CALL));
    expect(found(korean, REFUSAL)).toEqual(found(english, REFUSAL));
    expect(arrows(korean)).toEqual(arrows(english));
    expect(arrows(english)).toContainEqual(['sequenceDiagram', expect.arrayContaining(['->>', '-->>'])]);
  });
});
