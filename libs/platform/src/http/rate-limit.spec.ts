import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

import { DomainError } from '#kernel';

import { createTestApp, RecordingSecurityLog } from '../../testing/http-app.js';
import { InProcessRateLimitStorage } from './rate-limit.storage.js';
import { RateLimitSubjects } from './rate-limit-subjects.js';
import { SecurityLog } from './security-log.js';
import type { HttpSettings } from './settings.js';

class TokenMissing extends DomainError {
  readonly code = 'token_missing';
  readonly kind = 'unauthenticated';
}

@Injectable()
class ClosedGuard implements CanActivate {
  canActivate(): boolean {
    throw new TokenMissing('no token');
  }
}

@Controller()
class LimitedController {
  @Get('api/v1/me')
  me(): unknown {
    return {};
  }

  @Get('health')
  health(): unknown {
    return {};
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: ClosedGuard }] })
class LaterModule {}

/** What a context brings that knows tokens and keys. */
@Injectable()
class SubjectsByHeader extends RateLimitSubjects {
  override of({ headers }: FastifyRequest): string | undefined {
    return headers.authorization ?? undefined;
  }
}

@Module({ providers: [SubjectsByHeader], exports: [SubjectsByHeader] })
class SubjectsModule {}

describe('Rate limit', () => {
  let app: NestFastifyApplication;
  afterEach(() => app.close());

  const start = async (perMinute: number, http: Partial<HttpSettings> = {}, enabled = true): Promise<void> => {
    app = await createTestApp({ controllers: [LimitedController], rateLimit: { enabled, perMinute }, http });
  };
  const ask = (options: { url?: string; remoteAddress?: string; headers?: Record<string, string> } = {}) =>
    app.inject({ method: 'GET', url: '/api/v1/me', ...options });

  describe('LG-06 the limit', () => {
    it('lets exactly the allowed number of parallel requests through', async () => {
      await start(60);

      const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
      expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(60);
      expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(40);
    });

    it('is not reset by forwarded addresses of an untrusted peer', async () => {
      await start(1);
      await ask();

      for (const headers of [
        { 'x-forwarded-for': '203.0.113.9' },
        { forwarded: 'for=203.0.113.9' },
        { 'x-real-ip': '203.0.113.9' },
        { 'x-client-ip': '203.0.113.9' },
      ]) {
        expect((await ask({ headers })).statusCode).toBe(429);
      }
    });

    it('counts the client behind a trusted proxy, and what that client forged not at all', async () => {
      await start(1, { trustedProxies: ['10.0.0.0/8'] });
      const via = (forwarded: string) => ask({ remoteAddress: '10.1.2.3', headers: { 'x-forwarded-for': forwarded } });

      expect((await via('203.0.113.1')).statusCode).toBe(200);
      expect((await via('198.51.100.7, 203.0.113.1')).statusCode).toBe(429);
      expect((await via('203.0.113.2')).statusCode).toBe(200);
    });

    it('takes an IPv6 /64 as one address, and its neighbours as others', async () => {
      await start(1);

      expect((await ask({ remoteAddress: '2001:db8:0:1::1' })).statusCode).toBe(200);
      expect((await ask({ remoteAddress: '2001:db8:0:1:ffff::2' })).statusCode).toBe(429);
      expect((await ask({ remoteAddress: '2001:db8:0:2::1' })).statusCode).toBe(200);
    });

    it('counts on who calls, wherever from, and on the address of everybody else', async () => {
      app = await createTestApp({
        controllers: [LimitedController],
        rateLimit: { enabled: true, perMinute: 1 },
        rateLimitSubjects: { imports: [SubjectsModule], useExisting: SubjectsByHeader },
      });
      const as = (authorization: string, remoteAddress: string) => ask({ headers: { authorization }, remoteAddress });

      expect((await as('user:1', '203.0.113.1')).statusCode).toBe(200);
      expect((await as('user:1', '203.0.113.2')).statusCode).toBe(429);
      expect((await as('user:2', '203.0.113.1')).statusCode).toBe(200);
      expect((await ask({ remoteAddress: '203.0.113.1' })).statusCode).toBe(200);
      expect((await ask({ remoteAddress: '203.0.113.1' })).statusCode).toBe(429);
    });

    it('is another one for API keys, which call for many users', async () => {
      app = await createTestApp({
        controllers: [LimitedController],
        rateLimit: { enabled: true, perMinute: 1, perMinuteOfKeys: 3 },
        rateLimitSubjects: { imports: [SubjectsModule], useExisting: SubjectsByHeader },
      });
      const as = (authorization: string) => ask({ headers: { authorization } });
      const answers = [await as('key:1'), await as('key:1'), await as('key:1'), await as('key:1')];

      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429]);
      expect(answers[0]?.headers['ratelimit-policy']).toBe('"default";q=3;w=60');
      expect((await as('user:1')).headers['ratelimit-policy']).toBe('"default";q=1;w=60');
    });

    it('is shared out among the instances when they cannot count together, and is never nothing', async () => {
      app = await createTestApp({
        controllers: [LimitedController],
        rateLimit: { enabled: true, perMinute: 5, replicas: 2 },
      });
      const first = await ask();
      const others = [await ask(), await ask()];

      expect(first.headers['ratelimit-policy']).toBe('"default";q=5;w=60');
      expect(first.headers['ratelimit']).toBe('"default";r=1;t=60');
      expect(others.map(({ statusCode }) => statusCode)).toEqual([200, 429]);
      await app.close();
      app = await createTestApp({
        controllers: [LimitedController],
        rateLimit: { enabled: true, perMinute: 1, replicas: 3 },
      });
      expect([(await ask()).statusCode, (await ask()).statusCode]).toEqual([200, 429]);
    });

    it('is one for all routes below /api/ however they are written, and none elsewhere', async () => {
      await start(1);
      await ask();

      expect((await ask({ url: '/%61pi/v1/me' })).statusCode).toBe(429);
      for (let i = 0; i < 5; i++) {
        const health = await ask({ url: '/health' });
        expect(health.statusCode).toBe(200);
        expect(health.headers).not.toHaveProperty('ratelimit');
      }
    });

    it('can be switched off', async () => {
      await start(1, {}, false);
      await ask();

      expect((await ask()).statusCode).toBe(200);
    });
  });

  describe('LG-07 the headers', () => {
    it('say on every limited answer what is left and for how long', async () => {
      await start(2);
      const first = await ask();
      await ask();
      const refused = await ask();

      expect(first.headers['ratelimit-policy']).toBe('"default";q=2;w=60');
      expect(first.headers['ratelimit']).toBe('"default";r=1;t=60');
      expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
      const t = /^"default";r=0;t=(\d+)$/.exec(String(refused.headers['ratelimit']))?.[1];
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(Number(t));
      expect(Number(t)).toBeGreaterThan(0);
    });

    it('are followed by one line in the security log, not one per refusal', async () => {
      await start(1);
      for (let i = 0; i < 5; i++) await ask();

      const { events } = app.get<RecordingSecurityLog>(SecurityLog);
      expect(events.filter(({ name }) => name === 'excess_rate_limit_exceeded')).toHaveLength(1);
    });
  });

  it('is asked before every other guard', async () => {
    app = await createTestApp({
      controllers: [LimitedController],
      modules: [LaterModule],
      rateLimit: { enabled: true, perMinute: 1 },
    });

    expect((await ask()).json()).toMatchObject({ code: 'token_missing' });
    expect((await ask()).json()).toMatchObject({ code: 'rate_limited' });
  });
});

describe('The in-process counters', () => {
  it('begin anew when the window has passed', async () => {
    const storage = new InProcessRateLimitStorage();
    await storage.increment('a', 20, 1);
    expect(await storage.increment('a', 20, 1)).toMatchObject({ isBlocked: true });

    let record = await storage.increment('a', 20, 1);
    const giveUp = performance.now() + 2_000;
    while (record.isBlocked && performance.now() < giveUp) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      record = await storage.increment('a', 20, 1);
    }
    expect(record).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('hold a bounded number of addresses and forget the quietest first', async () => {
    const storage = new InProcessRateLimitStorage(2);
    await storage.increment('a', 60_000, 1);
    await storage.increment('b', 60_000, 1);
    await storage.increment('a', 60_000, 1);
    await storage.increment('c', 60_000, 1);

    expect(storage.size).toBe(2);
    expect((await storage.increment('a', 60_000, 1)).isBlocked).toBe(true);
  });
});
