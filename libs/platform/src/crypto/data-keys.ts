import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { DecryptionFailed, openEnvelope, sealEnvelope } from './envelope.js';
import { Keyring } from './keyring.js';

// The id inside the envelopes of a user's values: the first generation of that user's data key.
const GENERATION = 'd1';
const KEY_BYTES = 32;

/** One user's data key, unwrapped. `aad` names the place: `table/column/row id`. */
export class DataKey {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(plaintext: Buffer | string, aad: string): Buffer {
    return sealEnvelope(this.#key, GENERATION, plaintext, aad);
  }

  /** Throws DecryptionFailed when the value was altered, moved, or sealed with another user's key. */
  open(sealed: Buffer, aad: string): Buffer {
    return openEnvelope(this.#key, sealed, aad);
  }
}

/** A data key as it is stored: wrapped by the key-encryption key `kekId`. */
export interface WrappedKey {
  readonly wrapped: Buffer;
  readonly kekId: string;
}

/**
 * Envelope encryption of personal data: a random 256-bit key for each user, wrapped by the service's key and bound
 * to that user. Deleting the wrapped key erases everything sealed with it, in backups too.
 */
@Injectable()
export class DataKeys {
  constructor(
    private readonly keyring: Keyring,
    private readonly database: Database,
  ) {}

  /** A new key for a user, in both forms. The caller stores the wrapped one. */
  generate(userId: string): { key: DataKey; stored: WrappedKey } {
    const raw = randomBytes(KEY_BYTES);
    const { kid, key } = this.keyring.active;
    return { key: new DataKey(raw), stored: { wrapped: sealEnvelope(key, kid, raw, aadOf(userId)), kekId: kid } };
  }

  /** Stores a wrapped key beside its user, in the same unit of work. */
  async store(userId: string, { wrapped, kekId }: WrappedKey): Promise<void> {
    await this.database.query('INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) VALUES ($1, $2, $3)', [
      userId,
      wrapped,
      kekId,
    ]);
  }

  /** Opens a wrapped key that was read together with its user's row. */
  unwrap(userId: string, { wrapped, kekId }: WrappedKey): DataKey {
    return new DataKey(openEnvelope(this.keyring.byId(kekId), wrapped, aadOf(userId)));
  }

  /** Reads and opens a user's key; throws DecryptionFailed when it was destroyed (the user was erased). */
  async forUser(userId: string): Promise<DataKey> {
    const [row] = await this.database.query<{ wrapped_key: Buffer; kek_id: string }>(
      'SELECT wrapped_key, kek_id FROM user_service.user_keys WHERE user_id = $1',
      [userId],
    );
    if (row === undefined) throw new DecryptionFailed();
    return this.unwrap(userId, { wrapped: row.wrapped_key, kekId: row.kek_id });
  }
}

function aadOf(userId: string): string {
  return `user_keys/wrapped_key/${userId}`;
}
