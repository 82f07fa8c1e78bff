import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail } from '../../../../platform/testing/counted-trail.contract.js';
import { InMemoryUnitOfWork } from '../../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../../platform/testing/settable-clock.js';
import { InMemoryApiKeys } from '../../../testing/in-memory-api-keys.js';
import { NoteApiKeyUse } from '../../application/note-api-key-use.js';
import type { ApiKeyRefusal } from '../../domain/api-key-events.js';
import { ApiKeyUses } from './api-key-uses.js';

const KEY = '01938a6e-0000-7000-8000-0000000000a1';
const MINUTE_MS = 60_000;
const REQUEST = 'request-0123456789';

let uow: InMemoryUnitOfWork;
let note: NoteApiKeyUse;
let uses: ApiKeyUses;
const context = new RequestContext(ClsServiceManager.getClsService());
const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);
const told = (): unknown[] => uow.published.map(({ data }) => data);

function refuse(keyId: string | null, reason: ApiKeyRefusal, ip = '203.0.113.77'): void {
  context.run({ requestId: REQUEST, userAgent: 'curl', ip, language: 'en' }, { type: 'anonymous' }, () => {
    uses.refused(keyId, reason);
  });
}

beforeEach(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  uow = new InMemoryUnitOfWork();
  note = new NoteApiKeyUse(new InMemoryApiKeys(uow), uow, new SettableClock());
  uses = new ApiKeyUses(note, context);
});
afterEach(() => {
  jest.useRealTimers();
});

describeCountedTrail('Refused API keys', { windowMs: MINUTE_MS }, (world) => {
  const trail = new ApiKeyUses(
    new NoteApiKeyUse(new InMemoryApiKeys(world.uow), world.uow, world.clock),
    world.context,
  );
  return {
    happen: (key) => {
      trail.refused(key, 'wrong_secret');
    },
    stop: () => trail.onModuleDestroy(),
    keyOf: ({ data }) => (data as { keyId: string }).keyId,
  };
});

describe('AK-06 Refused API keys', () => {
  it('are told apart by key, reason and network, and no further', async () => {
    refuse(KEY, 'wrong_secret', '203.0.113.1');
    refuse(KEY, 'wrong_secret', '203.0.113.2');
    refuse(KEY, 'wrong_secret', '198.51.100.1');
    refuse(KEY, 'revoked', '203.0.113.1');
    refuse(null, 'unknown', '203.0.113.1');
    await pass(1);

    expect(told()).toHaveLength(4);
  });

  it('of a real key keep its name among those of any number of networks', async () => {
    for (let net = 0; net < 200; net += 1) refuse(null, 'unknown', `10.0.${String(net)}.1`);
    for (let net = 0; net < 5; net += 1) refuse(KEY, 'wrong_secret', `10.1.${String(net)}.1`);
    await pass(MINUTE_MS);

    const ofKey = told().filter((data) => (data as { keyId: string | null }).keyId === KEY);
    expect(ofKey).toEqual([
      { keyId: KEY, reason: 'wrong_secret', count: 1 },
      { keyId: KEY, reason: 'wrong_secret', count: 4 },
    ]);
  });

  it('are told of as the first request, then as no request of them, but as from their network', async () => {
    const written: unknown[] = [];
    jest.spyOn(note, 'rejected').mockImplementation(async () => {
      const { info, actor } = context;
      written.push({ actor, ip: info?.ip, userAgent: info?.userAgent, isFirst: info?.requestId === REQUEST });
    });
    for (let net = 0; net < 101; net += 1) refuse(null, 'unknown', `10.0.${String(net)}.1`);
    refuse(null, 'unknown', '10.0.0.1');
    refuse(KEY, 'insufficient_scope', '203.0.113.1');
    await pass(MINUTE_MS);

    const first = { actor: { type: 'anonymous' }, userAgent: 'curl', isFirst: true };
    expect(written[0]).toEqual({ ...first, ip: '10.0.0.1' });
    expect(written[100]).toEqual({ ...first, ip: '10.0.100.1' });
    expect(written[101]).toEqual({ ...first, ip: '203.0.113.1', actor: { type: 'service', apiKeyId: KEY } });
    expect(written[102]).toEqual({ ...first, ip: '10.0.0.1', userAgent: undefined, isFirst: false });
  });

  it('are a hundred and one events a minute at most, from however many networks, and all are counted', async () => {
    for (let net = 0; net < 5_000; net += 1) refuse(null, 'unknown', `10.${String(net >> 8)}.${String(net & 255)}.1`);
    await pass(MINUTE_MS);

    const counts = told().map((data) => (data as { count: number }).count);
    expect(counts).toHaveLength(102);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
  });
});

describe('The use of API keys', () => {
  it('is noted once a minute and key, and a failure is nobody else’s', async () => {
    const write = jest.spyOn(note, 'used').mockRejectedValue(new Error('database down'));
    for (let turn = 0; turn < 100; turn += 1) uses.used(KEY);
    uses.used('another');
    expect(write).toHaveBeenCalledTimes(2);

    await pass(MINUTE_MS);
    uses.used(KEY);
    expect(write).toHaveBeenCalledTimes(3);
    await uses.onModuleDestroy();
  });
});
