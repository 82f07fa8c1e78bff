import { Injectable } from '@nestjs/common';
import * as argon2 from 'argon2';

import { HashGate } from '#platform/hashing';

import { RecoveryCodeHasher } from '../application/ports.js';

// OWASP Password Storage Cheat Sheet. The codes have 75 random bits, so that nothing depends on the cost.
const COST = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Argon2id (RFC 9106), behind the gate that keeps the service responsive. */
@Injectable()
export class Argon2RecoveryCodeHasher extends RecoveryCodeHasher {
  constructor(private readonly gate: HashGate) {
    super();
  }

  hash(code: string): Promise<string> {
    return this.gate.run(() => argon2.hash(code, COST));
  }

  verify(hash: string, code: string): Promise<boolean> {
    return this.gate.run(() => argon2.verify(hash, code));
  }
}
