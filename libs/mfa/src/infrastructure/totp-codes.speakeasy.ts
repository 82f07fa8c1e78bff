import { timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import speakeasy from 'speakeasy';

import { TotpCodes } from '../application/ports.js';
import { TOTP_DIGITS } from '../domain/totp.js';

/** Codes only: secrets, windows of time and single use are this service's own (RFC 4226 §5.3). */
@Injectable()
export class SpeakeasyTotpCodes extends TotpCodes {
  matches(secret: Uint8Array, step: number, code: string): boolean {
    const expected = Buffer.from(codeAt(secret, step));
    const given = Buffer.from(code);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/** The code of one step of time. */
export function codeAt(secret: Uint8Array, step: number): string {
  return speakeasy.hotp({
    secret: Buffer.from(secret).toString('hex'),
    encoding: 'hex',
    counter: step,
    digits: TOTP_DIGITS,
    algorithm: 'sha1',
  });
}
