import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import { makeRecoveryCode, printed, RECOVERY_CODE_BITS, RECOVERY_CODES } from '../domain/recovery-code.js';
import { RecoveryCodeHasher, type HashedRecoveryCode } from './ports.js';

// One character comes from one byte, of which it takes five bits.
const RANDOM_BITS = Math.ceil(RECOVERY_CODE_BITS / 5) * 8;

export interface RecoveryCodeSet {
  /** As the user is shown them, this once. */
  readonly shown: readonly string[];
  readonly hashed: readonly HashedRecoveryCode[];
}

/** Makes sets of recovery codes; slow, so never inside of a unit of work. */
@Injectable()
export class RecoveryCodeSets {
  constructor(
    private readonly ids: Ids,
    private readonly hasher: RecoveryCodeHasher,
  ) {}

  /** Throws `Overloaded`. */
  async make(): Promise<RecoveryCodeSet> {
    const codes = Array.from({ length: RECOVERY_CODES }, (_, index) =>
      makeRecoveryCode(index, Buffer.from(this.ids.secret(RANDOM_BITS), 'base64url')),
    );
    const hashed: HashedRecoveryCode[] = [];
    // One after the other: ten at once would take the places of ten people who sign in.
    for (const { selector, text } of codes) hashed.push({ selector, hash: await this.hasher.hash(text) });
    return { shown: codes.map(printed), hashed };
  }
}
