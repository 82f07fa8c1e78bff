import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { BodiesController, HeaderGuardModule } from '../../testing/bodies.controller.js';
import { createTestApp, exchange, listen } from '../../testing/http-app.js';
import { parseJsonBody } from './json-body.js';

const VALID = '{"email":"kim@example.com"}';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('Request bodies', () => {
  let app: NestFastifyApplication;
  let port: number;

  beforeAll(async () => {
    app = await createTestApp({ controllers: [BodiesController], modules: [HeaderGuardModule] });
    port = await listen(app);
  });
  afterAll(() => app.close());

  const post = (payload: string | Buffer, headers: Record<string, string> = JSON_TYPE, path = 'users') =>
    app.inject({ method: 'POST', url: `/api/v1/${path}`, headers, payload });
  const raw = (headers: string, body: string, path = 'users') =>
    exchange(
      port,
      `POST /api/v1/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n${headers}\r\n\r\n${body}`,
    );

  it('hands a valid body to the handler as its DTO', async () => {
    expect((await post(VALID)).json()).toEqual({ isDto: true, dto: { email: 'kim@example.com' } });
  });

  describe('HT-04 the media type is strict', () => {
    it.each([
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
    ])('takes %s', async (type) => {
      expect((await post(VALID, { 'content-type': type })).statusCode).toBe(202);
    });

    it.each([
      'application/json\t;',
      'application/json ;',
      'application/json;',
      'application/json; charset=latin1',
      'application/json; charset=utf-8; x=y',
      'application/json, text/plain',
      'application/jsonx',
      'application/problem+json',
      'text/plain',
      'text/plain; application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/',
      '/',
      ';',
    ])('refuses %j with 415 and never reaches validation or the handler', async (type) => {
      const answer = await post('{"email":1}', { 'content-type': type });

      expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    });

    it('refuses a body without a media type, an empty one and two of them', async () => {
      for (const headers of [
        'X-None: 1',
        'Content-Type:',
        'Content-Type: application/json\r\nContent-Type: text/plain',
        'Content-Type: application/json\r\nContent-Type: application/json',
      ]) {
        expect(await raw(headers, '{"email":1}')).toMatch(/^HTTP\/1\.1 415 /);
      }
    });

    it('refuses every content coding but identity', async () => {
      for (const coding of ['gzip', 'br', 'deflate', 'x', 'identity, gzip']) {
        expect((await post(VALID, { ...JSON_TYPE, 'content-encoding': coding })).statusCode).toBe(415);
      }
      expect((await post(VALID, { ...JSON_TYPE, 'content-encoding': 'identity' })).statusCode).toBe(202);
    });

    it('takes a form only where the route says so, and then nothing else', async () => {
      const form = { 'content-type': 'application/x-www-form-urlencoded' };

      expect((await post('token=a%20b&token=c', form, 'form')).json()).toEqual({ token: ['a b', 'c'] });
      expect((await post(VALID, JSON_TYPE, 'form')).statusCode).toBe(415);
    });
  });

  describe('JSON of a media type of its own', () => {
    const TYPE = { 'content-type': 'application/batch+json' };
    const packed = { ...TYPE, 'content-encoding': 'gzip' };
    const batch = (payload: string | Buffer, headers: Record<string, string> = TYPE) => post(payload, headers, 'batch');

    it('is taken as it is and packed by gzip', async () => {
      expect((await batch('[1]')).json()).toEqual([1]);
      expect((await batch('[1]', { 'content-type': 'Application/Batch+JSON; charset=utf-8' })).json()).toEqual([1]);
      expect((await batch(gzipSync('[1]'), packed)).json()).toEqual([1]);
    });

    it('refuses every other type and coding with 415, and says what it takes', async () => {
      for (const headers of [
        JSON_TYPE,
        { ...TYPE, 'content-encoding': 'br' },
        { ...TYPE, 'content-type': 'a/b;c=d' },
      ]) {
        const answer = await batch('[1]', headers);

        expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported_media_type' });
        expect(answer.headers).toMatchObject({ accept: 'application/batch+json', 'accept-encoding': 'gzip, identity' });
      }
    });

    it('refuses more than the route takes with 413, plain or packed, and unpacks no further than that', async () => {
      const text = `"${'a'.repeat(998)}"`;

      expect((await batch(text)).statusCode).toBe(201);
      expect((await batch(gzipSync(text), packed)).statusCode).toBe(201);
      for (const [payload, headers] of [
        [` ${text}`, TYPE],
        [gzipSync(` ${text}`), packed],
        [gzipSync(Buffer.alloc(50_000_000)).subarray(0, 900), packed],
      ] as const) {
        expect((await batch(payload, headers)).json()).toMatchObject({ status: 413, code: 'payload_too_large' });
      }
    });

    it('refuses what is not packed, is cut off, or is no JSON, with 400', async () => {
      for (const payload of [Buffer.from('[1]'), gzipSync('[1]').subarray(0, 10), gzipSync('[1')]) {
        expect((await batch(payload, packed)).json()).toMatchObject({ status: 400, code: 'malformed_json' });
      }
      expect((await batch('')).statusCode).toBe(201);
    });
  });

  describe('HT-05 sizes are bounded', () => {
    it('refuses more than 64 KiB with 413, declared or chunked', async () => {
      const large = JSON.stringify({ email: 'a'.repeat(65_536) });

      expect((await post(large)).json()).toMatchObject({ status: 413, code: 'payload_too_large' });
      expect(await raw('Content-Type: application/json', large)).toMatch(/^HTTP\/1\.1 413 /);
      const chunk = 'a'.repeat(40_000);
      const chunked = `9c40\r\n${chunk}\r\n9c40\r\n${chunk}\r\n0\r\n\r\n`;
      const head =
        'POST /api/v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n';
      expect(await exchange(port, head + chunked)).toMatch(/^HTTP\/1\.1 413 /);
    });

    it('lets the answer through to a client that is still sending much more', async () => {
      const answer = await fetch(`http://127.0.0.1:${String(port)}/api/v1/users`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: 'x'.repeat(8_000_000),
      });

      expect(answer.status).toBe(413);
    });

    it('takes a body of exactly 64 KiB', async () => {
      const padding = 65_536 - VALID.length;

      expect((await post(VALID + ' '.repeat(padding))).statusCode).toBe(202);
    });

    it('refuses 30000 nested arrays, and 50000 within 100 ms', async () => {
      expect((await post('['.repeat(30_000) + ']'.repeat(30_000))).json()).toMatchObject({ code: 'malformed_json' });

      const bytes = Buffer.from('['.repeat(50_000) + ']'.repeat(50_000));
      const started = performance.now();
      expect(() => parseJsonBody(bytes)).toThrow('malformed_json');
      expect(performance.now() - started).toBeLessThan(100);
    });

    it('takes 20 levels and refuses 21', () => {
      const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));

      expect(parseJsonBody(nested(20))).toHaveLength(1);
      expect(() => parseJsonBody(nested(21))).toThrow('malformed_json');
    });

    it('answers 414 to long addresses, with and without a matching route, and to long parameters', async () => {
      for (const url of [
        `/api/v1/users?q=${'a'.repeat(8_200)}`,
        `/${'a/'.repeat(4_200)}`,
        `/api/v1/users/${'a'.repeat(300)}`,
      ]) {
        const answer = await app.inject({ method: 'GET', url });

        expect(answer.json()).toMatchObject({ status: 414, code: 'uri_too_long' });
        expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
        expect(answer.headers['x-content-type-options']).toBe('nosniff');
      }
    });

    it('answers 431 to large headers, as a problem document', async () => {
      const answer = await exchange(
        port,
        `GET /api/v1/users HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`,
      );

      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain('"code":"headers_too_large"');
    });
  });

  describe('Order of checks', () => {
    it('asks for the token before it judges type, size or syntax', async () => {
      for (const [payload, type] of [
        ['{', 'application/json'],
        ['x', 'text/plain'],
        ['x', ';'],
        ['x'.repeat(100_000), 'application/json'],
      ] as const) {
        expect((await post(payload, { 'content-type': type }, 'guarded')).json()).toMatchObject({
          code: 'token_missing',
        });
        const allowed = await post(payload, { 'content-type': type, authorization: 'x' }, 'guarded');
        expect([400, 413, 415]).toContain(allowed.statusCode);
      }
    });

    it('keeps the connection usable after a body that nobody read', async () => {
      const body = 'x'.repeat(60_000);
      const first = `POST /api/v1/guarded HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
      const second = 'GET /api/v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

      const answers = await exchange(port, first + second);
      expect(answers).toMatch(/^HTTP\/1\.1 401 /);
      expect(answers).toMatch(/HTTP\/1\.1 200 /);
    });

    it('judges a body that the route does not use all the same', async () => {
      expect((await post('{', JSON_TYPE, 'bare')).statusCode).toBe(400);
      expect((await post('x', { 'content-type': 'text/plain' }, 'bare')).statusCode).toBe(415);
      expect((await post('', JSON_TYPE, 'bare')).statusCode).toBe(204);
    });
  });

  describe('Malformed JSON', () => {
    it.each([
      ['cut off', '{"email":'],
      ['not JSON', 'email=kim'],
      ['two documents', '{}{}'],
      ['a prototype key', '{"email":"kim@example.com","__proto__":{"admin":true}}'],
      ['an escaped prototype key', '{"a":{"\\u005f_proto__":1}}'],
      ['a constructor prototype', '{"constructor":{"prototype":{"admin":true}}}'],
      ['a byte order mark', '\ufeff{}'],
      ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
      ['a long array', `[${'1,'.repeat(2_000)}1]`],
    ])('refuses %s', async (_name, body) => {
      expect((await post(body)).json()).toMatchObject({ status: 400, code: 'malformed_json' });
    });
  });
});
