import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { describe, expect, it } from '@jest/globals';

import { createLogger } from '#platform/logging';

import { languageOf, newRequestId, requestIdOf, requestInfoOf } from './request-info.js';

const request = (headers: IncomingHttpHeaders): IncomingMessage => ({ headers }) as IncomingMessage;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('Request ids', () => {
  it.each(['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'abcdefgh_12345678', 'a'.repeat(64), 'A-_9'.repeat(4)])(
    'are taken over when they look like %s',
    (id) => {
      expect(requestIdOf(request({ 'x-request-id': id }))).toBe(id);
    },
  );

  it.each([
    undefined,
    '',
    'short',
    'a'.repeat(65),
    'a b'.repeat(8),
    'abcdefgh.12345678',
    '<script>alert(1)</script>',
    'ä'.repeat(20),
    'eyJhbGciOiJFZERTQSJ9',
    'usr_q4ZK0yX2mF3vJ8sT',
    'usk_q4ZK0yX2mF3vJ8sT',
  ])('are made anew in place of %j', (id) => {
    expect(requestIdOf(request({ 'x-request-id': id }))).toMatch(UUID_V7);
  });

  it.each(['eyJhbGciOiJFZERTQSJ9', 'usr_q4ZK0yX2mF3vJ8sT', 'usk_q4ZK0yX2mF3vJ8sT', 'order-2026_0000001'])(
    'are found in the log, whatever was sent: %s',
    (sent) => {
      const requestId = requestIdOf(request({ 'x-request-id': sent }));

      let line = '';
      const settings = { level: 'info', service: 'user-service', version: '1' } as const;
      createLogger(settings, { write: (text) => void (line = text) }).info({ requestId }, 'a line');

      expect(JSON.parse(line)).toMatchObject({ requestId });
    },
  );

  it('are UUIDv7: unique, and carrying the time of arrival', () => {
    const ids = Array.from({ length: 1_000 }, newRequestId);

    expect(new Set(ids).size).toBe(1_000);
    const age = Date.now() - Number.parseInt(ids[0]!.replace('-', '').slice(0, 12), 16);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(10_000);
  });
});

describe('The language of an answer', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['ko', 'ko'],
    ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en'],
    ['fr', 'en'],
    ['fr, ko;q=0.1', 'ko'],
    ['ko;q=0', 'en'],
    ['ko;q=0, *', 'en'],
    ['*', 'en'],
    ['KO', 'ko'],
    ['ko;q=2', 'en'],
    ['ko;q=x', 'en'],
    ['korean', 'en'],
    ['en;q=0.5, ko;q=0.5', 'en'],
    ['ko;q=0.5, en;q=0.5', 'ko'],
  ])('for Accept-Language %j is %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });
});

describe('What is known about a request', () => {
  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
    ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01', false],
    ['nonsense', false],
  ])('holds the trace %s only if it is valid: %s', (traceparent, valid) => {
    expect(requestInfoOf(request({ traceparent }), 'id', undefined).traceparent).toBe(valid ? traceparent : undefined);
  });

  it('holds a bounded user agent without control characters', () => {
    const { userAgent } = requestInfoOf(
      request({ 'user-agent': `a\u0000b\u0085c\u001b[31m${'x'.repeat(1_000)}` }),
      'id',
      '::1',
    );

    expect(userAgent).toMatch(/^abc\[31mx+$/);
    expect(userAgent!.length).toBeLessThanOrEqual(256);
  });
});
