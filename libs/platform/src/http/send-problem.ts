import type { FastifyReply } from 'fastify';

import type { RenderedProblem } from './problem-renderer.js';
import type { Language } from './problem.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Writes a problem document, whatever the route meant to send. */
export function sendProblem(reply: FastifyReply, problem: RenderedProblem, language: Language): void {
  const { document, headers } = problem;
  reply
    .code(document.status)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .header('cache-control', 'no-store')
    .header('content-language', language)
    .header('vary', varyWith(reply.getHeader('vary'), 'Accept-Language'))
    .headers({ ...headers });
  // An entity tag describes the representation that was not sent.
  reply.removeHeader('etag');
  reply.send(JSON.stringify(document));
}

function varyWith(current: number | string | string[] | undefined, name: string): string {
  const names = current === undefined ? [] : [current].flat().map(String);
  return [...names, name].join(', ');
}
