import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ApiKey, type NewApiKey } from '../src/domain/api-key.js';
import { NOW } from './builders.js';
import type { IdentityPorts, OpenIdentityPorts } from './identity-ports.js';

const ID = '01938a6e-0000-7000-8000-0000000000a1';
const OTHER_ID = '01938a6e-0000-7000-8000-0000000000a2';
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

export function aNewApiKey(changes: Partial<NewApiKey> = {}): NewApiKey {
  return {
    id: ID,
    name: 'gateway',
    prefix: 'abcdefghij23',
    secretHash: Buffer.alloc(32, 7),
    scopes: ['tokens:introspect', 'gateway:verify'],
    expiresInDays: undefined,
    createdBy: null,
    ...changes,
  };
}

/** What every store of API keys does, real or fake. */
export function describeApiKeys(name: string, open: OpenIdentityPorts): void {
  describe(`API keys (${name})`, () => {
    let ports: IdentityPorts;
    const add = (key: ApiKey): Promise<void> => ports.uow.run(() => ports.apiKeys.add(key));
    const stored = async (prefix = 'abcdefghij23') => (await ports.apiKeyQueries.byPrefix(prefix))!;

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('are found by their prefix as they were made', async () => {
      const key = ApiKey.create(aNewApiKey({ createdBy: OTHER_ID }), NOW);
      await add(key);

      const { secretHash, ...rest } = await stored();
      const { secretHash: made, ...expected } = key.state;
      expect(rest).toEqual(expected);
      expect(Buffer.from(secretHash)).toEqual(Buffer.from(made));
      expect(await ports.apiKeyQueries.byPrefix('abcdefghij24')).toBeNull();
      expect(await ports.published()).toEqual(['access.api_key_created']);
    });

    it('AK-01 are listed newest first, without anything that proves them', async () => {
      await add(ApiKey.create(aNewApiKey(), NOW));
      await add(ApiKey.create(aNewApiKey({ id: OTHER_ID, prefix: 'zzzzzzzzzzzz' }), after(1)));

      const listed = await ports.apiKeyQueries.list();
      expect(listed.map(({ id }) => id)).toEqual([OTHER_ID, ID]);
      expect(listed.flatMap((key) => Object.keys(key))).not.toContain('secretHash');
    });

    it('never share a prefix', async () => {
      await add(ApiKey.create(aNewApiKey(), NOW));

      await expect(add(ApiKey.create(aNewApiKey({ id: OTHER_ID }), NOW))).rejects.toThrow();
      expect(await ports.published()).toEqual(['access.api_key_created']);
    });

    it.each([{ id: ID }, { prefix: 'abcdefghij23' }])('end for good, named by %j', async (which) => {
      await add(ApiKey.create(aNewApiKey(), NOW));
      await ports.uow.run(async () => {
        const key = (await ports.apiKeys.findForUpdate(which))!;
        expect(key.revoke(after(5))).toBe(true);
        await ports.apiKeys.save(key);
      });

      expect((await stored()).revokedAt).toEqual(after(5));
      expect(await ports.published()).toEqual(['access.api_key_created', 'access.api_key_revoked']);
    });

    it('that nobody made are not there to be changed', async () => {
      await ports.uow.run(async () => {
        expect(await ports.apiKeys.findForUpdate({ id: ID })).toBeNull();
        expect(await ports.apiKeys.findForUpdate({ prefix: "' OR true --" })).toBeNull();
      });
    });

    it('remember their last use by the minute', async () => {
      await add(ApiKey.create(aNewApiKey(), NOW));
      const seen: (Date | null)[] = [];
      for (const seconds of [10, 69, 70]) {
        await ports.uow.run(() => ports.apiKeys.touch(ID, after(seconds)));
        seen.push((await stored()).lastUsedAt);
      }

      expect(seen).toEqual([after(10), after(10), after(70)]);
    });
  });
}
