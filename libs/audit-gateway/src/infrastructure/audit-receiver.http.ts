import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

import { Injectable } from '@nestjs/common';
import { type Dispatcher, Pool } from 'undici';

import { BATCH_CONTENT_TYPE, BatchAnswer } from '#platform/audit-chain';

import { AuditReceiver } from '../application/ports.js';
import { SHIPPED_AT_ONCE } from './shipped-at-once.js';
import type { Answer, Batch, Receipt, Rejection } from '../domain/delivery.js';

const compress = promisify(gzip);
// audit.md: gzip when larger than 1 KiB. The fastest level: JSON shrinks to a tenth with it already.
const COMPRESS_ABOVE_BYTES = 1_024;
const GZIP = { level: constants.Z_BEST_SPEED };
const CONNECT_MS = 1_000;
// 500 rejections of 500 characters fit; whatever is longer is no answer of an Audit Service.
const ANSWER_MAX_BYTES = 1024 * 1024;
const DETAIL_LENGTH = 500;
const CODE = /^[\w.-]{1,64}$/;

export abstract class AuditServiceSettings {
  /** Base of the Audit Service. */
  abstract readonly url: string;
  abstract readonly apiKey: string | undefined;
  /** Milliseconds for one attempt, from the first byte to the whole answer. */
  abstract readonly timeoutMs: number;
}

/**
 * `POST {AUDIT_SERVICE_URL}/api/v1/events` over kept connections. Redirects are not followed: they would carry the key
 * and the events to wherever the answer says.
 */
@Injectable()
export class HttpAuditReceiver extends AuditReceiver {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #closing = new AbortController();

  constructor(private readonly settings: AuditServiceSettings) {
    super();
    const { origin, pathname } = new URL(settings.url);
    this.#path = `${pathname.replace(/\/$/, '')}/api/v1/events`;
    this.#pool = new Pool(origin, {
      connections: SHIPPED_AT_ONCE,
      connect: { timeout: CONNECT_MS },
      headersTimeout: settings.timeoutMs,
      bodyTimeout: settings.timeoutMs,
      pipelining: 1,
    });
  }

  async send(batch: Batch): Promise<Answer> {
    const limit = AbortSignal.timeout(this.settings.timeoutMs);
    try {
      const answer = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        signal: AbortSignal.any([limit, this.#closing.signal]),
        ...(await this.messageOf(batch)),
      });
      return await answerOf(answer, batch);
    } catch (error) {
      return { kind: limit.aborted || isTimeout(error) ? 'timeout' : 'unreachable' };
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pool.destroy();
  }

  private async messageOf({ id, events }: Batch): Promise<{ headers: Record<string, string>; body: Buffer }> {
    const { apiKey } = this.settings;
    const plain = Buffer.from(`[${events.map(({ text }) => text).join(',')}]`);
    const isLarge = plain.length > COMPRESS_ABOVE_BYTES;
    return {
      headers: {
        'content-type': BATCH_CONTENT_TYPE,
        accept: 'application/json, application/problem+json',
        'idempotency-key': id,
        ...(apiKey !== undefined && { 'x-api-key': apiKey }),
        ...(isLarge && { 'content-encoding': 'gzip' }),
      },
      body: isLarge ? await compress(plain, GZIP) : plain,
    };
  }
}

function isTimeout(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.endsWith('_TIMEOUT');
}

async function answerOf({ statusCode, headers, body }: Dispatcher.ResponseData, batch: Batch): Promise<Answer> {
  const content = parse(await read(body));
  const receipt = statusCode === 202 ? receiptOf(content, batch) : undefined;
  const retryAfterSeconds = retryAfterOf(headers['retry-after']);
  return {
    kind: 'answered',
    status: statusCode,
    detail: detailOf(content),
    ...(receipt !== undefined && { receipt }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** `undefined` when it is longer than an answer can be. */
async function read(body: Dispatcher.ResponseData['body']): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > ANSWER_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Only an answer that accounts for every event, each once, is a receipt. */
function receiptOf(content: unknown, { events }: Batch): Receipt | undefined {
  const { data } = BatchAnswer.safeParse(content);
  if (data === undefined) return undefined;
  const { accepted, duplicates } = data;
  const unknown = new Set(events.map(({ id }) => id));
  const rejected: Rejection[] = [];
  for (const { id, code, detail } of data.rejected) {
    if (!unknown.delete(id)) return undefined;
    rejected.push({ eventId: id, code: CODE.test(code) ? code : 'rejected', detail: plainText(detail) });
  }
  return accepted + duplicates + rejected.length === events.length ? { accepted, duplicates, rejected } : undefined;
}

function detailOf(content: unknown): string {
  if (typeof content !== 'object' || content === null) return '';
  const { detail, title, code } = content as Record<string, unknown>;
  return plainText([code, detail ?? title].filter((part) => typeof part === 'string').join(': '));
}

/** What another system wrote is kept for people to read: without control characters, and not at any length. */
function plainText(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, DETAIL_LENGTH);
}

/** Seconds, from a number of them or a date (RFC 9110 §10.2.3). */
function retryAfterOf(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1_000);
}
