import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createTestApp } from '../../testing/http-app.js';
import { ResourceNotFound } from './errors.js';
import { TimeFloor } from './time-floor.interceptor.js';

@Controller()
class FlooredController {
  @Get('found')
  @TimeFloor()
  found(): unknown {
    return { found: true };
  }

  @Get('missing')
  @TimeFloor()
  missing(): never {
    throw new ResourceNotFound();
  }

  @Get('free')
  free(): unknown {
    return {};
  }
}

describe('A time floor', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createTestApp({ controllers: [FlooredController], timeFloor: { milliseconds: 80 } });
  });
  afterAll(() => app.close());

  const time = async (url: string): Promise<[status: number, milliseconds: number]> => {
    const started = performance.now();
    const { statusCode } = await app.inject(url);
    return [statusCode, performance.now() - started];
  };

  it.each([
    ['/found', 200],
    ['/missing', 404],
  ])('holds the answer of %s, whatever it is', async (url, expected) => {
    const [status, milliseconds] = await time(url);

    expect(status).toBe(expected);
    expect(milliseconds).toBeGreaterThanOrEqual(80);
  });

  it('leaves other routes alone', async () => {
    expect((await time('/free'))[1]).toBeLessThan(80);
  });
});
