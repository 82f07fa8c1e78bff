import { hash } from 'node:crypto';

import type { VerifiedToken } from '../application/ports.js';

/**
 * Tokens that were found good, under their SHA-256: what is in memory signs nobody in. Bounded by two generations: a
 * token that is asked for moves to the young one; when that is full it becomes the old one, and the old one is dropped.
 * So the least recently used go, and a hit among the young, nearly every one, changes nothing.
 */
export class VerifiedTokens {
  readonly #generation: number;
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();

  /** @param most tokens that are kept; not less than two */
  constructor(most: number) {
    this.#generation = Math.floor(most / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  find(token: string): VerifiedToken | undefined {
    const fingerprint = fingerprintOf(token);
    const young = this.#young.get(fingerprint);
    if (young !== undefined) return young;
    const old = this.#old.get(fingerprint);
    if (old !== undefined) {
      this.#old.delete(fingerprint);
      this.#put(fingerprint, old);
    }
    return old;
  }

  add(token: string, verified: VerifiedToken): void {
    this.#put(fingerprintOf(token), verified);
  }

  delete(token: string): void {
    const fingerprint = fingerprintOf(token);
    this.#young.delete(fingerprint);
    this.#old.delete(fingerprint);
  }

  #put(fingerprint: string, verified: VerifiedToken): void {
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(fingerprint, verified);
  }
}

function fingerprintOf(token: string): string {
  return hash('sha256', token, 'base64');
}
