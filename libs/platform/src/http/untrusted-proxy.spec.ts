import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createTestApp } from '../../testing/http-app.js';

const FORWARDED = { 'x-forwarded-for': '203.0.113.9' };

describe('A proxy', () => {
  let app: NestFastifyApplication;
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(async () => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    app = await createTestApp({ controllers: [], http: { trustedProxies: ['10.1.0.0/16'] } });
  });
  afterEach(async () => {
    await app.close();
    warn.mockRestore();
  });

  const from = (remoteAddress: string, headers: Record<string, string>) =>
    app.inject({ url: '/', remoteAddress, headers });

  it.each(['127.0.0.1', '10.2.0.1', '172.31.255.1', '192.168.1.1', '::1', 'fd00::1', '::ffff:10.2.0.1'])(
    'at %s that nobody said to trust is warned of, once, without any address',
    async (peer) => {
      await from(peer, FORWARDED);
      await from(peer, { forwarded: 'for=203.0.113.9' });

      expect(warn.mock.calls).toEqual([
        [{ event: 'proxy_not_trusted', code: 'TRUSTED_PROXIES', msg: expect.not.stringMatching(/\d/) }],
      ]);
    },
  );

  it.each([
    ['that is trusted', '10.1.0.1', FORWARDED],
    ['that is far away, and may be anybody', '198.51.100.1', FORWARDED],
    ['that forwards nothing', '10.2.0.1', {}],
  ])('%s is not warned of', async (_which, peer, headers) => {
    await from(peer, headers);

    expect(warn).not.toHaveBeenCalled();
  });
});
