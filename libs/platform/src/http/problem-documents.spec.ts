import { setImmediate } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  Get,
  HttpException,
  Param,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ClsServiceManager } from 'nestjs-cls';

import { DomainError, type ErrorKind } from '#kernel';
import { RequestContext } from '#platform/context';
import { DecryptionFailed } from '#platform/crypto';

import { createTestApp, RecordingSecurityLog } from '../../testing/http-app.js';
import type { ProblemTexts } from './problem.js';
import { SecurityLog } from './security-log.js';

class Refused extends DomainError {
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    override readonly extensions: Readonly<Record<string, unknown>> | undefined,
  ) {
    super('refused');
  }
}

const KINDS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  unprocessable: 422,
  rate_limited: 429,
  overloaded: 503,
  unavailable: 503,
};

/** A library may throw anything. */
function raise(thrown: unknown): never {
  throw thrown;
}

@Controller('api/v1/errors')
class ErrorsController {
  @Get('kind/:kind')
  kind(@Param('kind') kind: string): never {
    throw new Refused('some_code', kind as ErrorKind, undefined);
  }

  @Get('decryption')
  decryption(): never {
    throw new DecryptionFailed();
  }

  @Get('code/:code')
  code(@Param('code') code: string): never {
    throw new Refused(code, 'unauthenticated', undefined);
  }

  @Get('extended')
  extended(): never {
    throw new Refused('password_rejected', 'unprocessable', { reasons: ['too_short'], status: 200, code: 'forged' });
  }

  @Get('defect')
  defect(): never {
    throw Object.assign(new Error('SELECT secret FROM users at /app/node_modules/pg connect ECONNREFUSED'), {
      query: 'SELECT 1',
      parameters: ['kim@example.com'],
    });
  }

  @Get('database')
  database(): never {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
  }

  @Get('nest')
  nest(): never {
    throw new BadRequestException('internal wording');
  }

  @Get('teapot')
  teapot(): never {
    throw new HttpException('internal wording', 418);
  }

  @Get('unauthorized')
  unauthorized(): never {
    throw new UnauthorizedException();
  }

  @Get('string')
  thrownString(): never {
    return raise('oops');
  }

  @Post('context')
  async context(): Promise<unknown> {
    await setImmediate();
    const context = new RequestContext(ClsServiceManager.getClsService());
    return { info: context.info, actor: context.actor };
  }
}

const TEXTS: ProblemTexts = {
  guessed: {
    status: 401,
    securityEvent: 'authn_login_fail',
    en: { title: 'Wrong', detail: 'Try again.' },
    ko: { title: '오류', detail: '다시 시도해 주세요.' },
  },
  password_rejected: {
    status: 422,
    en: { title: 'Password rejected', detail: 'Choose another one.' },
    ko: { title: '비밀번호 거부', detail: '다른 비밀번호를 선택해 주세요.' },
  },
};

describe('Problem documents', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createTestApp({ controllers: [ErrorsController], problems: [TEXTS] });
  });
  afterAll(() => app.close());

  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url: `/api/v1/errors/${url}`, headers });

  describe('HT-01 every error is a problem document', () => {
    it.each(Object.entries(KINDS))('gives errors of kind %s status %i', async (kind, status) => {
      const answer = await get(`kind/${kind}`);

      expect(answer.statusCode).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.json()).toMatchObject({
        type: 'https://id.example/docs/errors#some_code',
        status,
        code: 'some_code',
        instance: answer.headers['x-request-id'],
      });
    });

    it('tells nothing about what broke inside', async () => {
      for (const path of ['defect', 'database', 'nest', 'teapot', 'string', 'nowhere', '%ff']) {
        const answer = await get(path);

        expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
        expect(answer.body).not.toMatch(
          /at |node_modules|SELECT|pg_|ECONNREFUSED|10\.0\.0\.7|example\.com|wording|oops|FST_/,
        );
      }
    });

    it('adds extensions without letting them replace a member of the document', async () => {
      const answer = await get('extended');

      expect(answer.json()).toMatchObject({ status: 422, code: 'password_rejected', reasons: ['too_short'] });
    });

    it('keeps foreign statuses and gives them stable codes', async () => {
      expect((await get('nest')).json()).toMatchObject({ status: 400, code: 'bad_request' });
      expect((await get('teapot')).json()).toMatchObject({ status: 418, code: 'bad_request' });
    });

    it('answers in Korean where that is preferred, and says so', async () => {
      const answer = await get('extended', { 'accept-language': 'fr, ko-KR;q=0.9, en;q=0.8' });

      expect(answer.json()).toMatchObject({ title: '비밀번호 거부', detail: '다른 비밀번호를 선택해 주세요.' });
      expect(answer.headers['content-language']).toBe('ko');
      expect(String(answer.headers['vary'])).toMatch(/\bAccept-Language\b/);
    });

    it('points to a page that explains the code', async () => {
      const { type } = (await get('extended')).json<{ type: string }>();
      const page = await app.inject({ method: 'GET', url: new URL(type).pathname });

      expect(page.statusCode).toBe(200);
      expect(page.body).toContain('id="password_rejected"');
      expect(page.body).toContain('다른 비밀번호를 선택해 주세요.');
    });
  });

  describe('HT-02 a defect is a generic 500', () => {
    it('keeps serving, with the request id to find it in the log', async () => {
      const answer = await get('defect', { 'x-request-id': 'abcdefgh-12345678' });

      expect(answer.json()).toMatchObject({ status: 500, code: 'internal_error', instance: 'abcdefgh-12345678' });
      expect((await get('kind/conflict')).statusCode).toBe(409);
    });

    it('tells an unreachable database apart from a defect, with Retry-After', async () => {
      const answer = await get('database');

      expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });
  });

  describe('Bearer challenges', () => {
    it.each(['token_invalid', 'token_expired', 'session_revoked', 'session_idle_timeout'])(
      'says invalid_token for %s',
      async (code) => {
        expect((await get(`code/${code}`)).headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      },
    );

    it('says no more than Bearer where no token was sent', async () => {
      expect((await get('code/token_missing')).headers['www-authenticate']).toBe('Bearer');
      expect((await get('unauthorized')).headers['www-authenticate']).toBe('Bearer');
    });

    it('challenges nobody whose sign-in failed', async () => {
      expect((await get('code/invalid_credentials')).headers['www-authenticate']).toBeUndefined();
    });
  });

  describe('Security log', () => {
    it('names refused access by OWASP vocabulary and route template', async () => {
      await get('kind/forbidden');

      const log = app.get<RecordingSecurityLog>(SecurityLog);
      expect(log.events.at(-1)).toMatchObject({
        name: 'authz_fail',
        fields: { route: '/api/v1/errors/kind/:kind', code: 'some_code' },
      });
    });

    it('names what the text of an error code says it is', async () => {
      await get('code/guessed');

      const log = app.get<RecordingSecurityLog>(SecurityLog);
      expect(log.events.at(-1)).toEqual({
        name: 'authn_login_fail',
        fields: { requestId: expect.any(String) as unknown, route: '/api/v1/errors/code/:code', code: 'guessed' },
      });
    });

    it('hears of values that cannot be opened, the caller only of a defect', async () => {
      const answer = await get('decryption');

      expect(answer.json()).toMatchObject({ status: 500, code: 'internal_error' });
      expect(app.get<RecordingSecurityLog>(SecurityLog).events.at(-1)).toMatchObject({ name: 'crypt_decrypt_fail' });
    });

    it('hears nothing of a caller that has no token yet', async () => {
      const { events } = app.get<RecordingSecurityLog>(SecurityLog);
      const before = events.length;
      await get('code/token_missing');

      expect(events).toHaveLength(before);
    });
  });

  describe('Request context', () => {
    it('is there in the handler, also after a body was read', async () => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/v1/errors/context',
        headers: {
          'content-type': 'application/json',
          'x-request-id': '0192f3a0-0000-7000-8000-000000000001',
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
          'accept-language': 'ko',
          'user-agent': 'agent',
        },
        payload: '{}',
      });

      expect(answer.json()).toEqual({
        info: {
          requestId: '0192f3a0-0000-7000-8000-000000000001',
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
          ip: '127.0.0.1',
          userAgent: 'agent',
          language: 'ko',
        },
        actor: { type: 'anonymous' },
      });
      expect(answer.headers['x-request-id']).toBe('0192f3a0-0000-7000-8000-000000000001');
    });
  });
});
