import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';

import { Public } from './principal.js';
import { ProblemCatalogue } from './problem.js';

const PATH = 'docs/errors';

/** The page that the `type` of every problem document points into. */
export function docsBaseOf(publicBaseUrl: string): string {
  return `${publicBaseUrl}/${PATH}`;
}

/** Explains every error code. Always on and public: it holds what error answers say anyway. */
@Public()
@ApiTags('Documentation')
@Controller(PATH)
export class ProblemPageController {
  readonly #page: string;

  constructor(@Inject(ProblemCatalogue) catalogue: ProblemCatalogue) {
    this.#page = pageOf(catalogue);
  }

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({
    operationId: 'readErrorCodes',
    summary: 'Every error code, in English and Korean',
    description: 'The `type` of every problem document leads to the entry of its code on this page.',
  })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string', example: '<!doctype html>…' }, description: 'The page.' })
  page(): string {
    return this.#page;
  }
}

function pageOf(catalogue: ProblemCatalogue): string {
  const seen = new Set<string>();
  const sections = catalogue.entries().map(({ code, problem }) => {
    // One code can be sent with several statuses; the fragment leads to the first.
    const id = seen.has(code) ? `${code}-${String(problem.status)}` : code;
    seen.add(code);
    return [
      `<section id="${escape(id)}"><h2><code>${escape(code)}</code> (${String(problem.status)})</h2>`,
      `<p lang="en"><strong>${escape(problem.en.title)}.</strong> ${escape(problem.en.detail)}</p>`,
      `<p lang="ko"><strong>${escape(problem.ko.title)}.</strong> ${escape(problem.ko.detail)}</p></section>`,
    ].join('\n');
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Error codes</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>Error codes</h1>',
    ...sections,
    '</main></body></html>\n',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
