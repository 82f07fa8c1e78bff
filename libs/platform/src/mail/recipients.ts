import type { DataKey } from '#platform/crypto';

/** Somebody who is still there. */
export interface Recipient {
  /**
   * The stored address, never one that was typed into a form, and the key that opens what the mail says. Throws
   * `DecryptionFailed`.
   */
  open(): { readonly address: string; readonly key: DataKey };
}

/** Knows where people's mail goes. */
export abstract class Recipients {
  /** All who are there of those who are named; the mail of whoever is gone is dropped. */
  abstract find(userIds: readonly string[]): Promise<ReadonlyMap<string, Recipient>>;
}
