import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { HttpProblem, ResourceNotFound } from '#platform/http';

import { isSame } from '../http/api-key.guard.js';

export abstract class PageSettings {
  abstract readonly password: string | undefined;
  /** Without a password: whether who sits at this machine may look. */
  abstract readonly openToThisMachine: boolean;
}

const BASIC = /^Basic ([A-Za-z0-9+/]{1,2000}={0,2})$/i;
const CHALLENGE = { 'www-authenticate': 'Basic realm="Audit Service", charset="UTF-8"' };
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** A name that leads here but is not ours is a page of somebody else's that reads this one (DNS rebinding). */
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/** Who may see the page: with a password whoever knows it (RFC 7617), without one nobody but this machine, if at all. */
@Injectable()
export class PageAccess {
  constructor(private readonly settings: PageSettings) {}

  /** Throws 401 where the password is missing or wrong; 404 where there is no page for this caller. */
  check(request: FastifyRequest): void {
    const { password, openToThisMachine } = this.settings;
    if (password !== undefined) {
      if (!isSame(passwordOf(request.headers.authorization), password))
        throw new HttpProblem('unauthenticated', CHALLENGE);
    } else if (!openToThisMachine || !isThisMachine(request)) throw new ResourceNotFound();
  }
}

/** Whatever the name before it. */
function passwordOf(authorization: string | undefined): string {
  const [, encoded = ''] = BASIC.exec(authorization ?? '') ?? [];
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  return decoded.includes(':') ? decoded.slice(decoded.indexOf(':') + 1) : '';
}

function isThisMachine({ raw, headers }: FastifyRequest): boolean {
  // A proxy on this machine speaks for others.
  const isDirect = headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined;
  return isDirect && LOOPBACK.test(raw.socket.remoteAddress ?? '') && LOCAL_HOST.test(headers.host ?? '');
}
