import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { HttpProblem } from './errors.js';
import type { ProblemRenderer } from './problem-renderer.js';
import type { RefusedRequests } from './refused-requests.js';
import { newRequestId } from './request-info.js';
import { PROBLEM_CONTENT_TYPE } from './send-problem.js';

/** Time to take the answer. */
const LINGER_MS = 1_000;

/** Node's internal link from a socket to the response being written on it. */
interface HttpSocket extends Duplex {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/**
 * Answers what Node's HTTP parser refuses before there is a request: malformed syntax, oversized headers, requests
 * that do not arrive in time. The connection is closed, since nothing after such bytes can be trusted.
 */
export class ClientErrors {
  constructor(
    private readonly problems: ProblemRenderer,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly refused: RefusedRequests,
  ) {}

  /** For `server.on('clientError')`. */
  readonly onClientError = (error: Error & { code?: string }, socket: HttpSocket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent === true) {
      socket.destroy();
      return;
    }
    this.answer(socket, problemOf(error.code));
  };

  /** For `server.on('connect')`: this is no proxy. */
  readonly onConnect = ({ method }: IncomingMessage, socket: Duplex): void => {
    this.answer(socket, new HttpProblem('method_not_allowed', { allow: 'GET, HEAD, OPTIONS' }), method);
  };

  private answer(socket: Duplex, problem: HttpProblem, method?: string): void {
    const requestId = newRequestId();
    const { document, headers } = this.problems.render(problem, { requestId, language: 'en' });
    const body = JSON.stringify(document);
    const lines = Object.entries({
      ...this.headers,
      ...headers,
      'x-request-id': requestId,
      'cache-control': 'no-store',
      'content-type': PROBLEM_CONTENT_TYPE,
      'content-language': 'en',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
      date: new Date().toUTCString(),
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.on('error', () => socket.destroy());
    const head = `HTTP/1.1 ${String(document.status)} ${STATUS_CODES[document.status] ?? ''}\r\n`;
    // Node's own time limits no longer apply here: a peer that does not read must not keep the socket.
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
    const ip = socket instanceof Socket ? socket.remoteAddress : undefined;
    this.refused.report({ method, status: document.status, code: document.code, info: { requestId, ip } });
    socket.end(`${head}${lines.join('')}\r\n${body}`, () => socket.destroy());
  }
}

function problemOf(code: string | undefined): HttpProblem {
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpProblem('headers_too_large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpProblem('request_timeout');
  return new HttpProblem('bad_request');
}
