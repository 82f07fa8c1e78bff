import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { DomainError } from '#kernel';

import { createTestApp, RecordingSecurityLog } from '../../testing/http-app.js';
import { SecurityLog } from './security-log.js';

class FieldsRefused extends DomainError {
  readonly code = 'validation_failed';
  readonly kind = 'invalid';
  override readonly issues = [
    { pointer: '/date', code: 'required' },
    { pointer: '/name', code: 'too_long', limit: '64' },
  ];

  constructor() {
    super('refused');
  }
}

@Controller('api/v1')
class RefusingController {
  @Get('fields')
  fields(): never {
    throw new FieldsRefused();
  }
}

describe('Fields that the domain refuses', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createTestApp({ controllers: [RefusingController] });
  });
  afterAll(() => app.close());

  it("are told in the caller's language, and to the security log by code", async () => {
    const answer = await app.inject({ url: '/api/v1/fields', headers: { 'accept-language': 'ko' } });

    expect([answer.statusCode, answer.json<{ errors: unknown }>().errors]).toEqual([
      400,
      [
        { pointer: '/date', code: 'required', message: '필수 항목입니다.' },
        { pointer: '/name', code: 'too_long', message: '64자 이하여야 합니다.' },
      ],
    ]);
    expect(app.get<RecordingSecurityLog>(SecurityLog).events).toEqual([
      expect.objectContaining({
        name: 'input_validation_fail',
        fields: expect.objectContaining({ reason: 'required too_long' }) as unknown,
      }),
    ]);
  });
});
