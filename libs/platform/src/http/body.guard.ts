import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { Inject, Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, CustomDecorator, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { HttpProblem } from './errors.js';
import { parseJsonBody } from './json-body.js';
import { isRepeated } from './raw-headers.js';
import './request-state.js';
import { RouteMetadata } from './route-metadata.js';
import { HTTP_LIMITS, HttpSettings } from './settings.js';

export const ACCEPTS_FORM = 'http.accepts_form';
const ACCEPTS_BODY = 'http.accepts_body';
const FORM = 'application/x-www-form-urlencoded';
/** RFC 8259 §11 knows no parameter; clients send the charset all the same, and only UTF-8 is JSON. */
const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset=(?:"utf-8"|utf-8))?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=(?:"utf-8"|utf-8))?$/i;

/** For routes whose RFC demands a form (RFC 7662, RFC 7009): they take a form instead of JSON. */
export const AcceptsForm = (): CustomDecorator => SetMetadata(ACCEPTS_FORM, true);

/** JSON of another media type, and how much of it. */
export interface BodyRule {
  /** `application/…+json`, as it has to be sent. */
  readonly mediaType: string;
  /** Bytes of the document at most, as it is after unpacking. */
  readonly maxBytes: number;
}

/** For routes that take JSON of a media type of its own, larger than other bodies, and packed by gzip if need be. */
export const AcceptsBody = (rule: BodyRule): CustomDecorator => SetMetadata(ACCEPTS_BODY, rule);

const unpack = promisify(gunzip);

/**
 * Reads and decodes the body after all other guards agreed and before any pipe looks at it, as the last of the guards:
 * nothing is read for a request that another one refuses, and no route can be reached around this. An interceptor would
 * stand in the same place, and cost every request without a body a chain of observables.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  readonly #limit: number;
  readonly #takes: RouteMetadata<{ readonly packed: BodyRule | undefined; readonly asForm: boolean }>;

  constructor(@Inject(HttpSettings) settings: HttpSettings, @Inject(Reflector) reflector: Reflector) {
    this.#takes = new RouteMetadata((targets) => ({
      packed: reflector.getAllAndOverride<BodyRule | undefined>(ACCEPTS_BODY, targets),
      asForm: reflector.getAllAndOverride<boolean | undefined>(ACCEPTS_FORM, targets) === true,
    }));
    this.#limit = settings.limits?.maxBodySize ?? HTTP_LIMITS.maxBodySize;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.getArgByIndex<FastifyRequest>(0);
    return hasBody(request) ? this.decode(context, request) : true;
  }

  private async decode(context: ExecutionContext, request: FastifyRequest): Promise<boolean> {
    const { packed, asForm } = this.#takes.of(context);
    if (packed !== undefined) {
      request.body = parseJsonBody(await readPacked(request, packed));
      return true;
    }
    refuseMediaType(request, asForm);
    const bytes = await readBody(request, this.#limit);
    // An empty body is no body: routes that need one report the fields that they miss.
    if (bytes.length > 0) request.body = asForm ? parseForm(bytes) : parseJsonBody(bytes);
    return true;
  }
}

/** What unpacks to more than the route takes is given up as soon as that shows, so that a small bomb stays small. */
async function readPacked(request: FastifyRequest, { mediaType, maxBytes }: BodyRule): Promise<Buffer> {
  const { raw, contentType } = request;
  const encoding = raw.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const isWrong =
    isRepeated(raw, 'content-type') ||
    mediaTypeOf(contentType) !== mediaType ||
    !['identity', 'gzip'].includes(encoding);
  if (isWrong) {
    throw new HttpProblem('unsupported_media_type', { accept: mediaType, 'accept-encoding': 'gzip, identity' });
  }
  const bytes = await readBody(request, maxBytes);
  if (encoding === 'identity') return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new HttpProblem(tooLarge ? 'payload_too_large' : 'malformed_json', {}, { cause });
  }
}

/** Without a charset: UTF-8 is the only one that JSON has. `undefined` for any other parameter. */
function mediaTypeOf(contentType: string | undefined): string | undefined {
  return /^([a-z0-9.+/-]+)(?:[ \t]*;[ \t]*charset=(?:"utf-8"|utf-8))?$/i.exec(contentType ?? '')?.[1]?.toLowerCase();
}

/** RFC 9112 §6.3. The body of a GET or HEAD has no meaning (RFC 9110 §9.3.1) and is thrown away. */
function hasBody({ raw: { method, headers }, contentLength = '0' }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || contentLength !== '0';
}

function refuseMediaType({ raw, contentType }: FastifyRequest, asForm: boolean): void {
  const encoding = raw.headers['content-encoding'];
  const accepted = asForm ? FORM_TYPE : JSON_TYPE;
  if (
    isRepeated(raw, 'content-type') ||
    !accepted.test(contentType ?? '') ||
    (encoding !== undefined && encoding.toLowerCase() !== 'identity')
  ) {
    throw new HttpProblem('unsupported_media_type', { accept: asForm ? FORM : 'application/json' });
  }
}

/** Collects at most `limit` bytes. What comes after them is received and dropped, so that the answer gets through. */
async function readBody({ raw, contentLength = '0' }: FastifyRequest, limit: number): Promise<Buffer> {
  if (Number(contentLength) > limit) {
    raw.resume();
    throw new HttpProblem('payload_too_large');
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let isOver = false;
    const giveUp = (code: 'request_timeout' | 'payload_too_large'): void => {
      if (isOver) return;
      isOver = true;
      reject(new HttpProblem(code));
    };
    const onLoss = (): void => {
      giveUp('request_timeout');
    };
    // They go with the request: taking them off one by one would cost more than reading most bodies.
    raw
      .on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received <= limit) chunks.push(chunk);
        else giveUp('payload_too_large');
      })
      .on('end', () => {
        if (isOver) return;
        isOver = true;
        const [first] = chunks;
        resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, received));
      })
      .on('error', onLoss)
      .on('close', onLoss);
  });
}

/** Repeated parameters are refused by RFC 6749 §3.2; here they become an array, which no field's rule accepts. */
function parseForm(bytes: Buffer): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(bytes.toString('utf8'))) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
