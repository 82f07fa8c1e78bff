import { createHmac, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Keyring } from '#platform/crypto';

import { StopTokens } from '../application/factor-resets.js';

interface Named {
  readonly id: string;
  readonly userId: string;
}

const FORM = /^([0-9a-f]{32})([0-9a-f]{32})\.([\w-]{43})$/;

/** What is stopped, and a MAC over it: good for that, and only while it can be stopped. */
@Injectable()
export class HmacStopTokens extends StopTokens {
  readonly #key: Buffer;

  constructor(keyring: Keyring) {
    super();
    this.#key = keyring.derive('mfa-reset-stop');
  }

  of({ id, userId }: Named): string {
    const named = `${id}${userId}`.replaceAll('-', '');
    return `${named}.${this.mac(named).toString('base64url')}`;
  }

  read(token: string): Named | null {
    const [, id, userId, mac] = FORM.exec(token) ?? [];
    if (id === undefined || userId === undefined || mac === undefined) return null;
    const given = Buffer.from(mac, 'base64url');
    const expected = this.mac(`${id}${userId}`);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return { id: dashed(id), userId: dashed(userId) };
  }

  private mac(named: string): Buffer {
    return createHmac('sha256', this.#key).update(named).digest();
  }
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
