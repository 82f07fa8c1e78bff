import { describe, expect, it } from '@jest/globals';

import { ValidationFailed } from './errors.js';
import { cursorOf, listRequest, ListQueryDto } from './list.js';
import { StrictValidationPipe } from './validation.pipe.js';

const AT = new Date('2026-03-01T09:00:00.123Z');

function read(query: object): Promise<unknown> {
  return new StrictValidationPipe().transform(query, { type: 'query', metatype: ListQueryDto });
}

async function issuesOf(query: object): Promise<string[]> {
  const error: unknown = await read(query).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof ValidationFailed ? error.issues.map(({ pointer, code }) => `${pointer} ${code}`) : [];
}

describe('The query of a list', () => {
  it('asks for 20 items from the first on when it is empty', async () => {
    expect(listRequest((await read({})) as ListQueryDto)).toEqual({ limit: 20, after: null });
  });

  it.each(['1', '7', '100'])('takes %s as limit', async (limit) => {
    expect(listRequest((await read({ limit })) as ListQueryDto).limit).toBe(Number(limit));
  });

  it.each([
    ['0', 'too_small'],
    ['101', 'too_large'],
    ['', 'must_be_integer'],
    ['1e1', 'must_be_integer'],
    ['-1', 'must_be_integer'],
    ['2.5', 'must_be_integer'],
    ['0x10', 'must_be_integer'],
    [' 5', 'must_be_integer'],
  ])('refuses %j as limit: %s', async (limit, code) => {
    expect(await issuesOf({ limit })).toContain(`/query/limit ${code}`);
  });

  it('refuses what is no parameter of a list', async () => {
    expect(await issuesOf({ page: '2' })).toEqual(['/query/page unknown_field']);
  });

  it('goes on where a cursor of its own says', () => {
    const position = { at: AT, key: 'a-1:session.revoked' };
    const cursor = cursorOf(position);

    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(listRequest({ cursor: cursor! })).toEqual({ limit: 20, after: position });
    expect(cursorOf(null)).toBeNull();
  });

  it.each(['x', 'AAAA', Buffer.from('12').toString('base64url'), Buffer.from("1~' OR 1=1").toString('base64url')])(
    'refuses the cursor %s, which no list has given out',
    (cursor) => {
      expect(() => listRequest({ cursor })).toThrow(ValidationFailed);
    },
  );

  it('refuses a cursor whose time is none', () => {
    const cursor = Buffer.from('9999999999999999~key').toString('base64url');

    expect(() => listRequest({ cursor })).toThrow(ValidationFailed);
  });
});
