import { applyDecorators, Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { RequestContext } from '#platform/context';
import { Public } from '#platform/http';

import { LINK_PAGES } from './pages/link-pages.js';

type Path = keyof typeof LINK_PAGES;

/** A page is the same for every link: the token is read by its script, and by nobody here. */
function Page(path: Path, operationId: string, summary: string, endpoint: string): MethodDecorator {
  return applyDecorators(
    Get(path),
    Header('content-type', 'text/html; charset=utf-8'),
    Header('content-security-policy', LINK_PAGES[path].policy),
    Header('referrer-policy', 'no-referrer'),
    ApiOperation({
      operationId,
      summary,
      description:
        'In the language of `Accept-Language`. Opening it changes nothing; its button sends the token of the link to ' +
        `\`POST ${endpoint}\`.`,
    }),
    ApiProduces('text/html'),
    ApiOkResponse({ schema: { type: 'string', example: '<!doctype html>…' }, description: 'The page.' }),
  );
}

/** Where mailed links lead when `PUBLIC_BASE_URL` is this service and no front end of somebody's own. */
@Public()
@ApiTags('Pages')
@Controller()
export class LinkPagesController {
  constructor(private readonly context: RequestContext) {}

  @Page('verify-email', 'readVerifyEmailPage', 'The page that confirms an address', '/api/v1/auth/verify-email')
  verifyEmail(@Res({ passthrough: true }) reply: FastifyReply): string {
    return this.page('verify-email', reply);
  }

  @Page('change-email', 'readChangeEmailPage', 'The page that confirms another address', '/api/v1/auth/verify-email')
  changeEmail(@Res({ passthrough: true }) reply: FastifyReply): string {
    return this.page('change-email', reply);
  }

  @Page('undo-email-change', 'readUndoEmailChangePage', 'The page that keeps an address', '/api/v1/auth/email/undo')
  undoEmailChange(@Res({ passthrough: true }) reply: FastifyReply): string {
    return this.page('undo-email-change', reply);
  }

  @Page('reset-password', 'readResetPasswordPage', 'The page that sets a password', '/api/v1/auth/password/reset')
  resetPassword(@Res({ passthrough: true }) reply: FastifyReply): string {
    return this.page('reset-password', reply);
  }

  @Page('stop-mfa-reset', 'readStopMfaResetPage', 'The page that keeps second factors', '/api/v1/auth/mfa/reset/stop')
  stopMfaReset(@Res({ passthrough: true }) reply: FastifyReply): string {
    return this.page('stop-mfa-reset', reply);
  }

  private page(path: Path, reply: FastifyReply): string {
    const language = this.context.info?.language ?? 'en';
    reply.header('content-language', language);
    return LINK_PAGES[path].html[language];
  }
}
