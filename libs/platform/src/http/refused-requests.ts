import type { RequestInfo } from '#platform/context';

/** A request that was answered before any hook saw it, so that nothing that counts or logs requests did. */
export interface RefusedRequest {
  /** Undefined where the bytes could not be read as a request. */
  readonly method: string | undefined;
  readonly status: number;
  /** Of the problem document it was answered with. */
  readonly code: string;
  readonly info: Pick<RequestInfo, 'requestId' | 'traceparent' | 'ip'>;
}

declare module 'fastify' {
  interface FastifyInstance {
    refusedRequests: RefusedRequests;
  }
}

/** Tells those who count and log requests about the refused ones. */
export class RefusedRequests {
  readonly #listeners: ((refused: RefusedRequest) => void)[] = [];

  subscribe(listener: (refused: RefusedRequest) => void): void {
    this.#listeners.push(listener);
  }

  report(refused: RefusedRequest): void {
    for (const listener of this.#listeners) listener(refused);
  }
}
