import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClsService } from 'nestjs-cls';

import { RequestContext, type RequestInfo } from '#platform/context';
import type { Database } from '#platform/persistence';

import { DataKeys, type WrappedKey } from './data-keys.js';
import { DecryptionFailed } from './envelope.js';
import { Keyring } from './keyring.js';

const AAD = 'users/email_enc/0193';

describe('DP-02 The key of a person', () => {
  let rows: Map<string, WrappedKey>;
  let reads: number;
  let context: RequestContext;
  let keys: DataKeys;

  beforeEach(() => {
    rows = new Map();
    reads = 0;
    const database = {
      query: async (_sql: string, [userId]: string[]) => {
        reads += 1;
        const row = rows.get(userId ?? '');
        return row ? [{ wrapped_key: row.wrapped, kek_id: row.kekId }] : [];
      },
    };
    context = new RequestContext(new ClsService(new AsyncLocalStorage()));
    const keyring = new Keyring({
      dataEncryptionKeys: [{ kid: 'k1', key: randomBytes(32) }],
      blindIndexKey: randomBytes(32),
    });
    keys = new DataKeys(keyring, database as unknown as Database, context);
    for (const userId of ['mia', 'ben']) rows.set(userId, keys.generate(userId).stored);
  });

  const inRequest = <T>(work: () => Promise<T>): Promise<T> => {
    const info: RequestInfo = { requestId: 'r1', language: 'en' };
    return context.run(info, { type: 'anonymous' }, work);
  };

  it('is read once in a request, and opens what it sealed', async () => {
    const opened = await inRequest(async () => {
      const sealed = (await keys.forUser('mia')).seal('Mia', AAD);
      return (await keys.forUser('mia')).open(sealed, AAD).toString();
    });

    expect(opened).toBe('Mia');
    expect(reads).toBe(1);
  });

  it("is never taken for another person's", async () => {
    const opening = inRequest(async () => {
      const sealed = (await keys.forUser('mia')).seal('Mia', AAD);
      return (await keys.forUser('ben')).open(sealed, AAD);
    });

    await expect(opening).rejects.toThrow(DecryptionFailed);
  });

  it('is gone for the next request, and for work that no request asked for, when it was destroyed', async () => {
    await inRequest(() => keys.forUser('mia'));
    await keys.forUser('mia');
    rows.delete('mia');

    await expect(inRequest(() => keys.forUser('mia'))).rejects.toThrow(DecryptionFailed);
    await expect(keys.forUser('mia')).rejects.toThrow(DecryptionFailed);
  });
});
