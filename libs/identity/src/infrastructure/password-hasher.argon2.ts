import { createHmac } from 'node:crypto';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import * as argon2 from 'argon2';

import { HashGate } from '#platform/hashing';

import { PasswordHasher } from '../application/ports.js';

/** Cost of a password hash. Source of the least values: OWASP Password Storage Cheat Sheet. */
export abstract class PasswordHashSettings {
  abstract readonly memoryKib: number;
  abstract readonly timeCost: number;
  abstract readonly parallelism: number;
  /** Keyed into every hash when set; without it a stolen table cannot be attacked at all. */
  abstract readonly pepper: string | undefined;
}

/** Argon2id (RFC 9106) in libuv's threads, behind the gate that keeps the service responsive. */
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

  verify(hash: string, password: string): Promise<boolean> {
    return this.gate.run(() => argon2.verify(hash, this.prepared(password)));
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
    const { memoryKib, timeCost, parallelism } = this.settings;
    const hash = await argon2.hash(this.prepared(password), {
      type: argon2.argon2id,
      memoryCost: memoryKib,
      timeCost,
      parallelism,
    });
    return inPhcOrder(hash);
  }

  // Keyboards differ in how they compose what looks the same (NIST SP 800-63B-4 §3.1.1.2); nothing else changes.
  private prepared(password: string): Buffer {
    const bytes = Buffer.from(password.normalize('NFC'), 'utf8');
    const { pepper } = this.settings;
    return pepper === undefined ? bytes : createHmac('sha256', pepper).update(bytes).digest();
  }
}

// The PHC string format fixes the order m, t, p, and other implementations read no other; this package sorts by name.
function inPhcOrder(hash: string): string {
  return hash.replace(/\$(m=\d+),(p=\d+),(t=\d+)\$/, '$$$1,$3,$2$$');
}
