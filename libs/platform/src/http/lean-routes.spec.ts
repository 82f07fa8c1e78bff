import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  Req,
  Res,
  UseInterceptors,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { createTestApp } from '../../testing/http-app.js';
import { AcceptsForm } from './body.guard.js';
import { ResourceNotFound } from './errors.js';
import { LeanContext } from './lean-context.js';
import { installLeanRoutes, Lean } from './lean-routes.js';

const MINUTE = 60_000;

/** Answers as the caller wishes, at once or with a promise. */
@Injectable()
class AsTold implements CanActivate {
  seen: ExecutionContext | undefined;

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    this.seen = context;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    switch (request.headers['x-guard']) {
      case 'refuses':
        return false;
      case 'refuses later':
        return Promise.resolve(false);
      case 'throws':
        throw new ResourceNotFound();
      case 'throws later':
        return Promise.reject(new ResourceNotFound());
      case 'agrees later':
        return Promise.resolve(true);
      default:
        return true;
    }
  }
}

@Module({ providers: [AsTold, { provide: APP_GUARD, useExisting: AsTold }] })
class Guarded {}

const answers: Readonly<Record<string, (reply: FastifyReply) => unknown>> = {
  text: (reply) => {
    reply.header('content-type', 'application/json; charset=utf-8');
    return '{"made":"before"}';
  },
  object: () => ({ now: 'made' }),
  later: async () => Promise.resolve({ now: 'made later' }),
  nothing: (reply) => void reply.status(304),
  fails: () => {
    throw new ResourceNotFound();
  },
  'fails later': () => Promise.reject(new ResourceNotFound()),
  breaks: () => {
    throw new TypeError('nobody expected this');
  },
};

@Controller('api/v1/lean')
class LeanController {
  private readonly answers = answers;

  @Get('read')
  @Lean()
  read(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    return this.answers[String(request.headers['x-answer'] ?? 'object')]?.(reply);
  }

  @Post('form')
  @HttpCode(202)
  @Lean()
  @AcceptsForm()
  form(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    reply.header('x-form', 'read');
    return { received: request.body };
  }
}

let apps: NestFastifyApplication[] = [];

async function start(controller: Type): Promise<NestFastifyApplication> {
  const app = await createTestApp({
    controllers: [controller],
    modules: [Guarded],
    rateLimit: { enabled: true, perMinute: 1_000 },
  });
  apps.push(app);
  return app;
}

afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

/** The whole answer, without what differs from one request to the next. */
async function answerOf(app: NestFastifyApplication, call: object): Promise<object> {
  const { statusCode, headers, body } = await app.inject({ ...call });
  const { date: _date, 'x-request-id': id, ratelimit: _left, ...rest } = headers;
  return { statusCode, headers: rest, body: body.replaceAll(String(id), '<id>') };
}

const calls = [
  ...Object.keys(answers).map((answer) => ({ headers: { 'x-answer': answer } })),
  ...['refuses', 'refuses later', 'throws', 'throws later', 'agrees later'].map((guard) => ({
    headers: { 'x-guard': guard },
  })),
].map((call) => ({ method: 'GET', url: '/api/v1/lean/read', ...call }));
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const posts = [
  { headers: form, payload: 'token=a%20b&token_type_hint=' },
  { headers: form, payload: 'token=a&token=b' },
  { headers: { 'content-type': 'application/json' }, payload: '{}' },
  { headers: { ...form, 'x-guard': 'refuses' }, payload: 'token=a' },
].map((call) => ({ method: 'POST', url: '/api/v1/lean/form', ...call }));

describe('a lean route', () => {
  it(
    'answers every call to the byte as the usual way does',
    async () => {
      const usual = await start(LeanController);
      const lean = await start(LeanController);
      installLeanRoutes(lean);
      for (const call of [...calls, ...posts]) {
        expect({ call, answer: await answerOf(lean, call) }).toEqual({ call, answer: await answerOf(usual, call) });
      }
    },
    MINUTE,
  );

  it('is counted by the rate limit', async () => {
    const app = await start(LeanController);
    installLeanRoutes(app);
    const { headers } = await app.inject({ method: 'GET', url: '/api/v1/lean/read' });
    expect(headers['ratelimit']).toMatch(/"default";r=999/);
  });

  it('is not led through Nest once it has a lane', async () => {
    const app = await start(LeanController);
    const guard = app.get(AsTold);
    await app.inject({ method: 'GET', url: '/api/v1/lean/read' });
    expect(guard.seen).not.toBeInstanceOf(LeanContext);
    installLeanRoutes(app);
    await app.inject({ method: 'GET', url: '/api/v1/lean/read' });
    expect(guard.seen).toBeInstanceOf(LeanContext);
  });
});

class Nothing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: { handle(): never }): never {
    return next.handle();
  }
}

@Controller('api/v1/more')
class TakesABody {
  @Post()
  @Lean()
  take(@Req() request: FastifyRequest, @Body() body: unknown): unknown {
    return [request.id, body];
  }
}

@Controller('api/v1/more')
class HasAnInterceptor {
  @Get()
  @Lean()
  @UseInterceptors(Nothing)
  read(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    return request.id + String(reply.statusCode);
  }
}

describe('a route that is marked as lean', () => {
  it.each([TakesABody, HasAnInterceptor])('may not need what the lane leaves out: %p', async (controller) => {
    const app = await start(controller);
    expect(() => {
      installLeanRoutes(app);
    }).toThrow(`${controller.name}.`);
  });
});
