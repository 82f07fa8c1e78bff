import { Injectable } from '@nestjs/common';

import type { StoredAccount } from '../../application/ports.js';

// Some kilobytes each. Whoever was read least recently goes first.
const MOST_ACCOUNTS = 10_000;
const LIFETIME_MS = 60_000;

interface Entry {
  readonly account: StoredAccount | null;
  readonly version: number;
  readonly until: number;
}

/**
 * Accounts as this process last read them, for callers that know which version is current at least. Holds personal data
 * in memory, for a minute at most, and never anywhere else.
 */
@Injectable()
export class AccountCache {
  readonly #entries = new Map<string, Entry>();

  get(userId: string, atLeast: number): StoredAccount | null {
    const entry = this.#entries.get(userId);
    if (entry === undefined || entry.version < atLeast || performance.now() >= entry.until) return null;
    return entry.account;
  }

  /** Committed states only: what is taken back must never have been here. */
  keep(userId: string, account: StoredAccount): void {
    const known = this.#entries.get(userId);
    // It was read before somebody changed it.
    if (known !== undefined && known.version > account.profile.version && performance.now() < known.until) return;
    this.put(userId, account, account.profile.version);
  }

  /** The account has a new version; what was read of an older one counts no longer, even if it arrives later. */
  changed(userId: string, version: number): void {
    this.put(userId, null, version);
  }

  private put(userId: string, account: StoredAccount | null, version: number): void {
    this.#entries.delete(userId);
    this.#entries.set(userId, { account, version, until: performance.now() + LIFETIME_MS });
    if (this.#entries.size <= MOST_ACCOUNTS) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
