import { Controller, Get, Header, Optional, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { IsIn, Matches, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { MayBeAbsent, Public } from '#platform/http';
import { ServedDocument } from '#platform/openapi';

import { VerifyLanes } from '../../application/lane-states.js';
import { EventStore } from '../../application/ports.js';
import { PageAccess } from './page-access.js';
import { PAGE_STYLE } from './page-style.js';
import { renderPage } from './page.js';
import { PAGE_TEXTS } from './texts.js';

const EVENTS = 50;
/** One style sheet, one icon, one form; nothing runs. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

class PageQuery {
  @MayBeAbsent()
  @IsIn(['en', 'ko'])
  lang?: 'en' | 'ko';

  @MayBeAbsent()
  @MaxLength(200)
  type?: string;

  @MayBeAbsent()
  @MaxLength(200)
  subject?: string;

  @MayBeAbsent()
  @Matches(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i)
  before?: string;

  @MayBeAbsent()
  @IsIn(['1'])
  live?: '1';
}

/** For people: the last events, the lanes, and whether their chains are whole. */
@ApiExcludeController()
@Controller()
@Public()
export class PageController {
  constructor(
    private readonly access: PageAccess,
    private readonly lanes: VerifyLanes,
    private readonly store: EventStore,
    @Optional() private readonly docs: ServedDocument | null,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('vary', 'Accept-Language')
  async page(
    @Query() { lang, type, subject, before, live }: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.access.check(request);
    const texts = PAGE_TEXTS[lang ?? request.info.language];
    const question = { type: asked(type), subject: asked(subject), before, live: live !== undefined };
    const [states, page] = await Promise.all([
      this.lanes.current(),
      this.store.events({ ...question, after: before, descending: true, limit: EVENTS }),
    ]);
    void reply.header('content-language', texts.code);
    // An event that the list should begin before, and that is not there: nothing comes before it.
    const { items, hasMore } = page ?? { items: [], hasMore: false };
    const docs = this.docs === null ? undefined : 'docs';
    return renderPage({ texts, question, states, events: items, hasOlder: hasMore, docs });
  }

  @Get('assets/page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=300')
  style(): string {
    return PAGE_STYLE;
  }
}

/** A form that is sent with an empty field asks for nothing by it. */
function asked(value: string | undefined): string | undefined {
  return value?.trim() || undefined;
}
