import { createHmac } from 'node:crypto';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import * as argon2 from 'argon2';

import { HashGate } from '#platform/hashing';

import { PasswordHasher } from '../application/ports.js';
import { exceedsBcrypt, isBcrypt, verifyBcrypt } from './password-bcrypt.js';
import { readPhc, withoutPepperId, writePhc } from './password-phc.js';

/** A secret that is keyed into hashes, by the id that is written into them. */
export interface Pepper {
  readonly id: string;
  readonly secret: string;
}

/** Cost of a password hash. Source of the least values: OWASP Password Storage Cheat Sheet. */
export abstract class PasswordHashSettings {
  abstract readonly memoryKib: number;
  abstract readonly timeCost: number;
  abstract readonly parallelism: number;
  /** The first one is keyed into every new hash, all verify; without it a stolen table cannot be attacked at all. */
  abstract readonly peppers: readonly Pepper[];
}

/** Argon2id (RFC 9106) in libuv's threads, behind the gate that keeps the service responsive. Verifies bcrypt as well. */
@Injectable()
export class Argon2PasswordHasher extends PasswordHasher implements OnModuleInit {
  #dummy: Promise<string> | undefined;

  constructor(
    private readonly gate: HashGate,
    private readonly settings: PasswordHashSettings,
  ) {
    super();
  }

  refuseIfBusy(): void {
    this.gate.refuseIfFull();
  }

  hash(password: string): Promise<string> {
    return this.gate.run(() => this.compute(password));
  }

  async verify(hash: string, password: string): Promise<boolean> {
    if (!isBcrypt(hash)) return this.gate.run(() => this.verifyArgon2(hash, password));
    if (!exceedsBcrypt(password)) return this.gate.run(() => verifyBcrypt(hash, password));
    await this.verifyNothing(password);
    return false;
  }

  isOutdated(hash: string): boolean {
    const origin = readPhc(hash);
    if (origin === null) return true;
    const { memoryKib, timeCost, peppers } = this.settings;
    const isWeaker = origin.memoryKib < memoryKib || origin.timeCost < timeCost;
    return isWeaker || origin.pepperId !== (peppers[0]?.id ?? null);
  }

  isBeyond(hash: string, password: string): boolean {
    return isBcrypt(hash) && this.isBeyondSome(password);
  }

  isBeyondSome(password: string): boolean {
    return exceedsBcrypt(password);
  }

  // Before the first caller comes: making it then would tell that caller's answer apart by its time.
  async onModuleInit(): Promise<void> {
    await this.dummy();
  }

  async verifyNothing(password: string): Promise<void> {
    await this.verify(await this.dummy(), password);
  }

  // Made once, with the present parameters, so that it costs what a present user costs.
  private dummy(): Promise<string> {
    return (this.#dummy ??= this.compute('nobody has this password'));
  }

  private async compute(password: string): Promise<string> {
    const { memoryKib, timeCost, parallelism, peppers } = this.settings;
    const [pepper = null] = peppers;
    const hash = await argon2.hash(prepared(password, pepper), {
      type: argon2.argon2id,
      memoryCost: memoryKib,
      timeCost,
      parallelism,
    });
    return writePhc(hash, pepper?.id ?? null);
  }

  private verifyArgon2(hash: string, password: string): Promise<boolean> {
    const id = readPhc(hash)?.pepperId ?? null;
    const pepper = this.settings.peppers.find((each) => each.id === id) ?? null;
    // An operator took the pepper away too early: nobody is let in, and putting it back helps.
    if (id !== null && pepper === null) return this.verifyWithoutPepper(hash, password);
    return argon2.verify(withoutPepperId(hash), prepared(password, pepper));
  }

  private async verifyWithoutPepper(hash: string, password: string): Promise<false> {
    await argon2.verify(withoutPepperId(hash), prepared(password, null));
    return false;
  }
}

// Keyboards differ in how they compose what looks the same (NIST SP 800-63B-4 §3.1.1.2); nothing else changes.
function prepared(password: string, pepper: Pepper | null): Buffer {
  const bytes = Buffer.from(password.normalize('NFC'), 'utf8');
  return pepper === null ? bytes : createHmac('sha256', pepper.secret).update(bytes).digest();
}
