import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { RequestContext, type RequestInfo } from '#platform/context';
import { Database } from '#platform/persistence';

import { DecryptionFailed, openEnvelope, sealEnvelope } from './envelope.js';
import { Keyring } from './keyring.js';

// The id inside the envelopes of a user's values: the first generation of that user's data key.
const GENERATION = 'd1';
const KEY_BYTES = 32;

/** One user's data key, unwrapped. `aad` names the place: `table/column/row id`. */
export class DataKey {
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    // A cipher makes one of these at every call that brings plain bytes, and that takes longer than to decrypt a name.
    this.#key = createSecretKey(key);
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
  /** The key that a request opened last: the next thing it does with a person mostly needs the same one. */
  readonly #opened = new WeakMap<RequestInfo, { readonly userId: string; readonly key: DataKey }>();

  constructor(
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly context: RequestContext,
  ) {}

  /** A new key for a user, in both forms. The caller stores the wrapped one together with the user. */
  generate(userId: string): { key: DataKey; stored: WrappedKey } {
    const raw = randomBytes(KEY_BYTES);
    const { kid, key } = this.keyring.active;
    const stored = { wrapped: sealEnvelope(key, kid, raw, aadOf(userId)), kekId: kid };
    return { key: this.keep(userId, new DataKey(raw)), stored };
  }

  /** Opens a wrapped key that was read together with its user's row. */
  unwrap(userId: string, { wrapped, kekId }: WrappedKey): DataKey {
    return this.keep(userId, new DataKey(openEnvelope(this.keyring.byId(kekId), wrapped, aadOf(userId))));
  }

  /**
   * A user's key, read unless this request has it open already; throws DecryptionFailed when it was destroyed (the
   * user was erased). What an erasure overtakes cannot be stored any more: every row refers to its user.
   */
  async forUser(userId: string): Promise<DataKey> {
    const { info } = this.context;
    const opened = info && this.#opened.get(info);
    if (opened?.userId === userId) return opened.key;
    const [row] = await this.database.query<{ wrapped_key: Buffer; kek_id: string }>(
      'SELECT wrapped_key, kek_id FROM user_service.user_keys WHERE user_id = $1',
      [userId],
    );
    if (row === undefined) throw new DecryptionFailed();
    return this.unwrap(userId, { wrapped: row.wrapped_key, kekId: row.kek_id });
  }

  private keep(userId: string, key: DataKey): DataKey {
    const { info } = this.context;
    if (info !== undefined) this.#opened.set(info, { userId, key });
    return key;
  }
}

function aadOf(userId: string): string {
  return `user_keys/wrapped_key/${userId}`;
}
