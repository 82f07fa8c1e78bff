import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestContext } from '#platform/context';
import { Public } from '#platform/http';

import { VERIFY_EMAIL_PAGE_POLICY, VERIFY_EMAIL_PAGES } from './verify-email-page.js';

/** Where the mailed link leads when `PUBLIC_BASE_URL` is this service and no front end of somebody's own. */
@Public()
@ApiTags('Registration')
@Controller('verify-email')
export class VerifyEmailPageController {
  constructor(private readonly context: RequestContext) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', VERIFY_EMAIL_PAGE_POLICY)
  @Header('referrer-policy', 'no-referrer')
  @ApiOperation({
    operationId: 'readVerifyEmailPage',
    summary: 'The page that a mailed link opens',
    description:
      'In the language of `Accept-Language`. Opening it changes nothing; its button sends the token of the link to ' +
      '`POST /api/v1/auth/verify-email`.',
  })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string', example: '<!doctype html>…' }, description: 'The page.' })
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    const language = this.context.info?.language ?? 'en';
    reply.header('content-language', language);
    return VERIFY_EMAIL_PAGES[language];
  }
}
