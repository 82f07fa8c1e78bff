import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, UseInterceptors, type NestInterceptor } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { of, type Observable } from 'rxjs';

import { createTestApp } from '../../testing/http-app.js';
import { Overloaded } from '#platform/hashing';

import { ResourceNotFound } from './errors.js';
import { RefusalTimeFloor, TimeFloor } from './time-floor.interceptor.js';

/** Answers by itself, as for a request that comes again. */
@Injectable()
class Replay implements NestInterceptor {
  intercept(): Observable<unknown> {
    return of({ replayed: true });
  }
}

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

  @Get('let-in')
  @RefusalTimeFloor()
  letIn(): unknown {
    return {};
  }

  @Get('turned-away')
  @RefusalTimeFloor()
  turnedAway(): never {
    throw new ResourceNotFound();
  }

  @Get('busy')
  @RefusalTimeFloor()
  busy(): never {
    throw new Overloaded(1);
  }

  @Get('cut-short')
  @UseInterceptors(Replay)
  @TimeFloor()
  cutShort(): unknown {
    return {};
  }

  @Get('free')
  free(): unknown {
    return {};
  }
}

describe('A time floor', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createTestApp({
      controllers: [FlooredController],
      timeFloor: { milliseconds: 80, refusalMilliseconds: 80 },
    });
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
    ['/turned-away', 404],
    ['/cut-short', 200],
  ])('holds the answer of %s, whatever it is', async (url, expected) => {
    const [status, milliseconds] = await time(url);

    expect(status).toBe(expected);
    expect(milliseconds).toBeGreaterThanOrEqual(80);
  });

  it.each([
    ['other routes', '/free'],
    ['what succeeds, where only refusals are held', '/let-in'],
    ['an overloaded service, which must not hold its callers as well', '/busy'],
  ])('leaves %s alone', async (_what, url) => {
    expect((await time(url))[1]).toBeLessThan(80);
  });
});
