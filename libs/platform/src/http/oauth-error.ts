import type { RenderedProblem } from './problem-renderer.js';

/** Clients of these paths are written by RFC 6749, 7009 and 7662, and know the member `error` only. */
const OAUTH_PATHS = '/api/v1/oauth/';

/** RFC 6749 §5.2 and, for what it has no word for at a token endpoint, §4.1.2.1. */
const ERROR_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'invalid_client',
  403: 'unauthorized_client',
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

/** The problem with RFC 6749's `error` in it, where the path is one of OAuth's. */
export function withOAuthError(problem: RenderedProblem, url: string | undefined): RenderedProblem {
  if (url?.startsWith(OAUTH_PATHS) !== true) return problem;
  const error = ERROR_OF_STATUS[problem.document.status] ?? 'invalid_request';
  return { ...problem, document: { ...problem.document, error } };
}
