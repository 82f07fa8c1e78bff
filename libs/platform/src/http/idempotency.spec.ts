import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import type { FastifyRequest } from 'fastify';

import { DomainError, type ErrorKind } from '#kernel';

import { createTestApp } from '../../testing/http-app.js';
import { Idempotent } from './idempotency.interceptor.js';

class CreateDto {
  @IsString()
  name!: string;
}

class Refused extends DomainError {
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
  ) {
    super('refused');
  }
}

/** Takes the caller's name for granted. */
@Injectable()
class CallerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const userId = request.headers['x-caller'];
    if (typeof userId === 'string') {
      request.principal = {
        userId,
        sessionId: 's',
        roles: [],
        authTime: 0,
        amr: [],
        acr: '',
        accountVersion: 1,
        secondFactor: 'none',
      };
    }
    return true;
  }
}

let calls = 0;
let gate: Promise<void> = Promise.resolve();

@Controller('api/v1')
class CreatingController {
  @Post('things')
  @Idempotent()
  async create(@Body() { name }: CreateDto): Promise<unknown> {
    calls += 1;
    await gate;
    if (name === 'conflict') throw new Refused('name_taken', 'conflict');
    if (name === 'busy' && calls === 1) throw new Refused('overloaded', 'overloaded');
    if (name === 'defect' && calls === 1) throw new Error('defect');
    return { id: calls, name };
  }

  @Post('others')
  @Idempotent()
  other(@Body() { name }: CreateDto): unknown {
    calls += 1;
    return { id: calls, name };
  }

  @Post('silent')
  @HttpCode(204)
  @Idempotent()
  silent(): void {
    calls += 1;
  }
}

describe('ID-12 Idempotency-Key', () => {
  let app: NestFastifyApplication;

  beforeEach(async () => {
    calls = 0;
    gate = Promise.resolve();
    app = await createTestApp({
      controllers: [CreatingController],
      providers: [{ provide: APP_GUARD, useClass: CallerGuard }],
    });
  });
  afterEach(() => app.close());

  const post = (name: string, headers: Record<string, string> = {}, path = 'things', remoteAddress = '127.0.0.1') =>
    app.inject({
      method: 'POST',
      url: `/api/v1/${path}`,
      remoteAddress,
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify({ name }),
    });
  const key = { 'idempotency-key': '7f0c1c6e' };

  it('replays the first answer: identical status and body, and marked', async () => {
    const first = await post('a', key);
    const second = await post('a', key);

    expect(second.statusCode).toBe(201);
    expect(second.rawPayload.equals(first.rawPayload)).toBe(true);
    expect(second.headers['content-type']).toBe(first.headers['content-type']);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(calls).toBe(1);
  });

  it('replays refusals that a repetition would meet again, as problem documents', async () => {
    const first = await post('conflict', key);
    const second = await post('conflict', key);

    expect(second.statusCode).toBe(409);
    expect(second.body).toBe(first.body);
    expect(second.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(calls).toBe(1);
  });

  it('replays an answer without a body', async () => {
    await post('a', key, 'silent');
    const second = await post('a', key, 'silent');

    expect([second.statusCode, second.body, calls]).toEqual([204, '', 1]);
  });

  it.each(['busy', 'defect'])('lets a repetition try again after a failure: %s', async (name) => {
    expect((await post(name, key)).statusCode).toBeGreaterThanOrEqual(500);
    expect((await post(name, key)).statusCode).toBe(201);
  });

  it('refuses another body under the same key', async () => {
    await post('a', key);

    expect((await post('b', key)).json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(calls).toBe(1);
  });

  it('works once for 20 parallel requests and tells the others that it is at work', async () => {
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    let refused = 0;
    const answers = Array.from({ length: 20 }, async () => {
      const answer = await post('a', key);
      if (answer.statusCode === 409) refused += 1;
      // The first request ends when all others have their answer.
      if (refused === 19) open();
      return answer;
    });
    const settled = await Promise.all(answers);
    const statuses = settled.map(({ statusCode }) => statusCode);
    const early = settled.find(({ statusCode }) => statusCode === 409)!;

    expect(early.json()).toMatchObject({ code: 'idempotency_in_progress' });
    expect(early.headers['retry-after']).toBe('1');
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect(calls).toBe(1);
  });

  it('belongs to its caller and its route', async () => {
    await post('a', key);

    for (const answer of [
      await post('a', { ...key, 'x-caller': 'kim' }),
      await post('a', { ...key, 'x-caller': 'lee' }),
      await post('a', key, 'things', '203.0.113.1'),
      await post('a', key, 'others'),
    ]) {
      expect(answer.headers).not.toHaveProperty('idempotency-replayed');
    }
    expect(calls).toBe(5);
  });

  it('changes nothing for requests without the header', async () => {
    await post('a');
    await post('a');

    expect(calls).toBe(2);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256)])('refuses %j as a key', async (value) => {
    expect((await post('a', { 'idempotency-key': value })).json()).toMatchObject({ code: 'idempotency_key_invalid' });
  });

  it('takes a key of 255 characters', async () => {
    expect((await post('a', { 'idempotency-key': '~'.repeat(255) })).statusCode).toBe(201);
  });
});
