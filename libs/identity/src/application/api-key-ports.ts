import type { ApiKey, ApiKeyState } from '../domain/api-key.js';

/** Changes of API keys; every method runs inside of a unit of work. */
export abstract class ApiKeyRepository {
  abstract add(key: ApiKey): Promise<void>;
  /** By id or by prefix. Locks the row until the unit of work ends. */
  abstract findForUpdate(which: ApiKeyName): Promise<ApiKey | null>;
  abstract save(key: ApiKey): Promise<void>;
  /** Notes a use, once a minute at most, however many instances see it. */
  abstract touch(id: string, now: Date): Promise<void>;
}

export type ApiKeyName = { readonly id: string } | { readonly prefix: string };

/** A key without what would prove it. */
export type ApiKeyListing = Omit<ApiKeyState, 'secretHash'>;

/** Reads that need no aggregate. */
export abstract class ApiKeyQueries {
  /** Newest first. */
  abstract list(): Promise<ApiKeyListing[]>;
  abstract byPrefix(prefix: string): Promise<ApiKeyState | null>;
}

export interface MintedKey {
  /** What the client sends; exists here and in the client's hands, and nowhere else. */
  readonly key: string;
  readonly prefix: string;
  readonly secretHash: Uint8Array;
}

/** Makes keys of 256 random bits. */
export abstract class ApiKeyMint {
  abstract mint(): MintedKey;
}
