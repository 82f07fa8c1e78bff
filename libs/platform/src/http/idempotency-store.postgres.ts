import { createHmac, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { FieldCipher, Keyring } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { IdempotencyStore, type IdempotencyClaim, type Reservation, type StoredAnswer } from './idempotency-store.js';

interface Row {
  readonly request_hash: Buffer;
  readonly status: number | null;
  readonly body_enc: Buffer | null;
}

/** A claim as it is stored: nothing of it can be read or guessed without the service's key. */
interface HashedClaim {
  readonly key: Buffer;
  readonly route: string;
  readonly caller: Buffer;
  readonly request: Buffer;
}

/**
 * Keeps first answers in `user_service.idempotency_keys` for 24 hours (api.md). A reservation lapses after 30 seconds,
 * twice the longest request, so that a crash does not block the key for a day.
 */
@Injectable()
export class PostgresIdempotencyStore extends IdempotencyStore {
  readonly #hmacKey: Buffer;

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly cipher: FieldCipher,
    keyring: Keyring,
  ) {
    super();
    this.#hmacKey = keyring.derive('idempotency');
  }

  async reserve(claim: IdempotencyClaim): Promise<Reservation> {
    const hashed = this.hash(claim);
    const { key, route, caller, request } = hashed;
    const won = await this.unitOfWork.run(() =>
      this.database.query(
        `INSERT INTO user_service.idempotency_keys AS held (key_hash, route, caller, request_hash, locked_until, expires_at)
         VALUES ($1, $2, $3, $4, now() + interval '30 seconds', now() + interval '24 hours')
         ON CONFLICT (key_hash, route, caller) DO UPDATE
           SET request_hash = excluded.request_hash, status = NULL, body_enc = NULL, created_at = now(),
               locked_until = excluded.locked_until, expires_at = excluded.expires_at
           WHERE held.expires_at <= now()
              OR (held.status IS NULL AND held.locked_until <= now() AND held.request_hash = excluded.request_hash)
         RETURNING 1`,
        [key, route, caller, request],
      ),
    );
    return won.length > 0 ? { outcome: 'reserved' } : this.existing(hashed);
  }

  async complete(claim: IdempotencyClaim, answer: StoredAnswer): Promise<void> {
    const hashed = this.hash(claim);
    const sealed = this.cipher.seal(answer.body, place(hashed));
    await this.unitOfWork.run(() =>
      this.database.query(
        `UPDATE user_service.idempotency_keys SET status = $5, body_enc = $6, locked_until = NULL
         WHERE key_hash = $1 AND route = $2 AND caller = $3 AND request_hash = $4 AND status IS NULL`,
        [hashed.key, hashed.route, hashed.caller, hashed.request, answer.status, sealed],
      ),
    );
  }

  async release(claim: IdempotencyClaim): Promise<void> {
    const { key, route, caller, request } = this.hash(claim);
    await this.unitOfWork.run(() =>
      this.database.query(
        `DELETE FROM user_service.idempotency_keys
         WHERE key_hash = $1 AND route = $2 AND caller = $3 AND request_hash = $4 AND status IS NULL`,
        [key, route, caller, request],
      ),
    );
  }

  async forget({ route, caller }: Pick<IdempotencyClaim, 'route' | 'caller'>): Promise<void> {
    await this.unitOfWork.run(() =>
      this.database.query(
        `DELETE FROM user_service.idempotency_keys WHERE route = $1 AND caller = $2 AND status IS NOT NULL`,
        [route, this.keyed('caller', caller)],
      ),
    );
  }

  private keyed(purpose: string, value: string): Buffer {
    return createHmac('sha256', this.#hmacKey).update(`${purpose}:${value}`).digest();
  }

  private async existing(claim: HashedClaim): Promise<Reservation> {
    const [row] = await this.database.query<Row>(
      `SELECT request_hash, status, body_enc FROM user_service.idempotency_keys
       WHERE key_hash = $1 AND route = $2 AND caller = $3`,
      [claim.key, claim.route, claim.caller],
    );
    // Released in between: the caller retries and gets it.
    if (row === undefined) return { outcome: 'in_progress' };
    if (!isSame(row.request_hash, claim.request)) return { outcome: 'other_request' };
    if (row.status === null || row.body_enc === null) return { outcome: 'in_progress' };
    const body = this.cipher.open(row.body_enc, place(claim)).toString('utf8');
    return { outcome: 'answered', answer: { status: row.status, body } };
  }

  private hash(claim: IdempotencyClaim): HashedClaim {
    return {
      key: this.keyed('key', claim.key),
      route: claim.route,
      caller: this.keyed('caller', claim.caller),
      request: this.keyed('request', claim.request),
    };
  }
}

/** Additional data of the sealed answer: it opens for this key, route and caller only. */
function place({ key, route, caller }: HashedClaim): string {
  return `idempotency_keys/body_enc/${key.toString('hex')}/${route}/${caller.toString('hex')}`;
}

/** In constant time: the stored value is a MAC (OWASP ASVS 5.0 11.2.4). */
function isSame(stored: Buffer, computed: Buffer): boolean {
  return stored.length === computed.length && timingSafeEqual(stored, computed);
}
