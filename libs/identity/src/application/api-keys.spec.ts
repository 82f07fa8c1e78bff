import { beforeEach, describe, expect, it } from '@jest/globals';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SequentialIds } from '../../../platform/testing/sequential-ids.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { InMemoryApiKeyQueries, InMemoryApiKeys } from '../../testing/in-memory-api-keys.js';
import { ApiKeyNotFound } from '../domain/api-key-errors.js';
import { ApiKeyMint, type MintedKey } from './api-key-ports.js';
import { CreateApiKey } from './create-api-key.js';
import { ListApiKeys } from './list-api-keys.js';
import { RevokeApiKey } from './revoke-api-key.js';

class CountingMint extends ApiKeyMint {
  #minted = 0;

  mint(): MintedKey {
    this.#minted += 1;
    const prefix = `prefix${String(this.#minted)}`;
    return { key: `usk_${prefix}_secret`, prefix, secretHash: Buffer.alloc(32, this.#minted) };
  }
}

const REQUEST = { name: 'billing', scopes: ['users:read'], createdBy: null };

let uow: InMemoryUnitOfWork;
let create: CreateApiKey;
let list: ListApiKeys;
let revoke: RevokeApiKey;

beforeEach(() => {
  const [clock, ids] = [new SettableClock(), new SequentialIds()];
  uow = new InMemoryUnitOfWork();
  const keys = new InMemoryApiKeys(uow);
  create = new CreateApiKey(new CountingMint(), keys, uow, ids, clock);
  list = new ListApiKeys(new InMemoryApiKeyQueries(keys));
  revoke = new RevokeApiKey(keys, uow, clock);
});

describe('API keys', () => {
  it('AK-01 are shown once, when they are made', async () => {
    const { key, ...shown } = await create.execute(REQUEST);

    expect(key).toBe('usk_prefix1_secret');
    expect(await list.execute()).toEqual([expect.objectContaining(shown)]);
    expect(JSON.stringify(await list.execute())).not.toContain('secret');
  });

  it('AK-03 may be two of one client at a time', async () => {
    const [first, second] = [await create.execute(REQUEST), await create.execute(REQUEST)];
    expect(await revoke.execute({ id: first.id })).toBe(true);

    const live = (await list.execute()).filter(({ revokedAt }) => revokedAt === null);
    expect(live.map(({ id }) => id)).toEqual([second.id]);
  });

  it('end once', async () => {
    const { prefix } = await create.execute(REQUEST);

    expect([await revoke.execute({ prefix }), await revoke.execute({ prefix })]).toEqual([true, false]);
    expect(uow.publishedTypes).toEqual(['access.api_key_created', 'access.api_key_revoked']);
    await expect(revoke.execute({ prefix: 'nobody' })).rejects.toThrow(ApiKeyNotFound);
  });

  it('that are not made leave nothing behind', async () => {
    await expect(create.execute({ ...REQUEST, scopes: ['everything'] })).rejects.toThrow('scopes');

    expect([await list.execute(), uow.publishedTypes]).toEqual([[], []]);
  });
});
