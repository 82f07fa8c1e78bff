import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { BodiesController } from '../../testing/bodies.controller.js';
import { createTestApp, RecordingSecurityLog } from '../../testing/http-app.js';
import { SecurityLog } from './security-log.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('Validation of bodies and parameters', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createTestApp({ controllers: [BodiesController] });
  });
  afterAll(() => app.close());

  const post = (payload: string, headers: Record<string, string> = JSON_TYPE) =>
    app.inject({ method: 'POST', url: '/api/v1/users', headers, payload });

  describe('HT-09 duplicates are refused', () => {
    it('refuses a key that stands twice in an object, however it is written', async () => {
      for (const body of ['{"email":"a@b.kr","email":"c@d.kr"}', '{"email":"a@b.kr","\\u0065mail":"c@d.kr"}']) {
        expect((await post(body)).json()).toMatchObject({ status: 400, code: 'malformed_json' });
      }
    });

    it('refuses a repeated query parameter', async () => {
      const answer = await app.inject({ method: 'GET', url: '/api/v1/users?email=a&email=b' });

      expect(answer.json()).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer: '/query/email', code: 'duplicate_parameter' }],
      });
    });
  });

  describe('HT-15 text that cannot be stored', () => {
    it.each([
      ['NUL', '{"email":"a@b.kr","displayName":"a\\u0000b"}', '/displayName'],
      ['a lone surrogate', '{"email":"a@b.kr","displayName":"\\ud800"}', '/displayName'],
      ['NUL far inside', '{"consents":[{"purpose":"\\u0000"}]}', '/consents/0/purpose'],
      ['NUL in a key', '{"a":{"\\u0000":1}}', '/a'],
    ])('refuses %s in a body and points to it', async (_name, body, pointer) => {
      expect((await post(body)).json()).toMatchObject({
        status: 400,
        code: 'validation_failed',
        errors: [{ pointer, code: 'invalid_text' }],
      });
    });

    it('takes pairs of surrogates', async () => {
      expect((await post('{"email":"a@b.kr","displayName":"\\ud83d\\ude00"}')).statusCode).toBe(202);
    });

    it('refuses NUL in the query', async () => {
      const answer = await app.inject({ method: 'GET', url: '/api/v1/users?email=%00' });

      expect(answer.json()).toMatchObject({ errors: [{ pointer: '/query/email', code: 'invalid_text' }] });
    });
  });

  describe('Validation', () => {
    it('reports every broken rule by pointer and code, and never the value', async () => {
      const answer = await post(
        JSON.stringify({
          email: 'SECRET',
          displayName: 'toolong',
          role: 'admin',
          consents: [{ purpose: 7, 'a/b~c': 1 }],
        }),
      );

      expect(answer.json()).toMatchObject({ status: 400, code: 'validation_failed' });
      const { errors } = answer.json<{ errors: { pointer: string; code: string; message: string }[] }>();
      expect(new Set(errors.map(({ pointer, code }) => `${pointer} ${code}`))).toEqual(
        new Set([
          '/role unknown_field',
          '/email invalid_email',
          '/displayName too_long',
          '/consents/0/a~1b~0c unknown_field',
          '/consents/0/purpose must_be_string',
        ]),
      );
      expect(errors.find(({ code }) => code === 'too_long')?.message).toBe('Use 5 characters or fewer.');
      expect(answer.body).not.toContain('SECRET');
    });

    it('explains in Korean', async () => {
      const answer = await post('{"email":"a@b.kr","displayName":"toolong"}', {
        ...JSON_TYPE,
        'accept-language': 'ko',
      });

      expect(answer.json()).toMatchObject({ errors: [{ code: 'too_long', message: '5자 이하여야 합니다.' }] });
    });

    it('reports a missing field once, for an empty body as well', async () => {
      for (const body of ['{}', '']) {
        expect((await post(body)).json()).toMatchObject({ errors: [{ pointer: '/email', code: 'required' }] });
      }
    });

    it('refuses a body that is no object', async () => {
      for (const body of ['[]', 'null', '"text"', '1', '[{"email":"a@b.kr"}]']) {
        expect((await post(body)).json()).toMatchObject({ status: 400, code: 'validation_failed' });
      }
    });

    it('bounds the number of reported errors', async () => {
      const body = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${String(index)}`, 1]));

      expect((await post(JSON.stringify(body))).json<{ errors: unknown[] }>().errors).toHaveLength(20);
    });

    it('converts nothing implicitly', async () => {
      expect((await post('{"email":"a@b.kr","displayName":5}')).statusCode).toBe(400);
    });

    it('checks the query in the same way', async () => {
      expect((await app.inject({ method: 'GET', url: '/api/v1/users?limit=50' })).json()).toEqual({ limit: 50 });
      for (const query of ['limit=1e9', 'limit=x', 'other=1']) {
        const answer = await app.inject({ method: 'GET', url: `/api/v1/users?${query}` });

        expect(answer.json<{ errors: { pointer: string }[] }>().errors[0]?.pointer).toMatch(/^\/query\//);
      }
    });

    it('leaves a line in the security log', async () => {
      await post('{"email":"nobody"}');

      const log = app.get<RecordingSecurityLog>(SecurityLog);
      expect(log.events.at(-1)).toMatchObject({ name: 'input_validation_fail', fields: { reason: 'invalid_email' } });
    });

    it('answers 404 for an identifier that cannot exist', async () => {
      expect((await app.inject({ method: 'GET', url: '/api/v1/users/42' })).json()).toMatchObject({
        code: 'not_found',
      });
    });
  });
});
