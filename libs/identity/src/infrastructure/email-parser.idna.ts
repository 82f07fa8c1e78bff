import { domainToASCII } from 'node:url';

import { Injectable } from '@nestjs/common';

import { EmailParser } from '../application/ports.js';
import { Email } from '../domain/email.js';

/** UTS #46 as the platform's URL parser does it. */
@Injectable()
export class IdnaEmailParser extends EmailParser {
  parse(typed: string): Email {
    return Email.parse(typed, domainToASCII);
  }
}
