import type { IncomingMessage } from 'node:http';

import { Inject, Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, CustomDecorator, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { HttpProblem } from './errors.js';
import { parseJsonBody } from './json-body.js';
import { isRepeated } from './raw-headers.js';
import './request-state.js';
import { HTTP_LIMITS, HttpSettings } from './settings.js';

export const ACCEPTS_FORM = 'http.accepts_form';
const FORM = 'application/x-www-form-urlencoded';
/** RFC 8259 §11 knows no parameter; clients send the charset all the same, and only UTF-8 is JSON. */
const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset=(?:"utf-8"|utf-8))?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=(?:"utf-8"|utf-8))?$/i;

/** For routes whose RFC demands a form (RFC 7662, RFC 7009): they take a form instead of JSON. */
export const AcceptsForm = (): CustomDecorator => SetMetadata(ACCEPTS_FORM, true);

/**
 * Reads and decodes the body after all other guards agreed and before any pipe looks at it, as the last of the guards:
 * nothing is read for a request that another one refuses, and no route can be reached around this. An interceptor would
 * stand in the same place, and cost every request without a body a chain of observables.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  readonly #limit: number;

  constructor(
    @Inject(HttpSettings) settings: HttpSettings,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {
    this.#limit = settings.limits?.maxBodySize ?? HTTP_LIMITS.maxBodySize;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.getArgByIndex<FastifyRequest>(0);
    return hasBody(request.raw) ? this.decode(context, request) : true;
  }

  private async decode(context: ExecutionContext, request: FastifyRequest): Promise<boolean> {
    const asForm = this.reflector.getAllAndOverride<boolean | undefined>(ACCEPTS_FORM, [
      context.getHandler(),
      context.getClass(),
    ]);
    refuseMediaType(request, asForm === true);
    const bytes = await readBody(request.raw, this.#limit);
    // An empty body is no body: routes that need one report the fields that they miss.
    if (bytes.length > 0) request.body = asForm ? parseForm(bytes) : parseJsonBody(bytes);
    return true;
  }
}

/** RFC 9112 §6.3. The body of a GET or HEAD has no meaning (RFC 9110 §9.3.1) and is thrown away. */
function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
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
async function readBody(raw: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(raw.headers['content-length'] ?? 0) > limit) {
    raw.resume();
    throw new HttpProblem('payload_too_large');
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const finish = (settle: () => void): void => {
      raw.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received <= limit) chunks.push(chunk);
      else {
        finish(() => {
          reject(new HttpProblem('payload_too_large'));
        });
        raw.resume();
      }
    };
    const onEnd = (): void => {
      finish(() => {
        resolve(Buffer.concat(chunks, received));
      });
    };
    const onClose = (): void => {
      finish(() => {
        reject(new HttpProblem('request_timeout'));
      });
    };
    raw.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
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
