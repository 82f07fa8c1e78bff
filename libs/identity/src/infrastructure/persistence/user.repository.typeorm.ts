import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';

import { UnitOfWork } from '#kernel';
import { BlindIndex, DataKeys } from '#platform/crypto';
import { Database, databaseErrorCode, SQLSTATE } from '#platform/persistence';

import { UserRepository } from '../../application/ports.js';
import type { Email } from '../../domain/email.js';
import { AddressTakenMeanwhile, UserNotFound } from '../../domain/errors.js';
import { User, type Consent } from '../../domain/user.js';
import { AccountCache } from './account-cache.js';
import { rowOf, stateOf } from './sealed-user.js';
import { UserRow } from './user.row.js';

// The unique index decides who is first; a race leaves one row and no error. A user never is without a key.
const ADD = `
  WITH added AS (
    INSERT INTO user_service.users (id, email_enc, email_index, email_verified_at, password_hash, password_changed_at,
                                    status, roles, profile_enc, locale, security_epoch, version, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING RETURNING id
  )
  INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) SELECT id, $15, $16 FROM added RETURNING user_id`;

@Injectable()
export class TypeOrmUserRepository extends UserRepository {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly blindIndex: BlindIndex,
    private readonly cache: AccountCache,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async add(user: User): Promise<boolean> {
    const { key, stored } = this.dataKeys.generate(user.id);
    const row = rowOf(user.state, key);
    const added = await this.database.query(ADD, [
      ...[row.id, row.emailEnc, this.blindIndex.of(user.state.email.value), row.emailVerifiedAt],
      ...[row.passwordHash, row.passwordChangedAt, row.status, row.roles, row.profileEnc, row.locale],
      ...[row.securityEpoch, row.version, row.createdAt, row.updatedAt],
      ...[stored.wrapped, stored.kekId],
    ]);
    if (added.length === 0) return false;
    this.uow.record(...user.pullEvents());
    return true;
  }

  findByEmailForUpdate(email: Email): Promise<User | null> {
    return this.lock({ emailIndex: this.blindIndex.of(email.value) });
  }

  findForUpdate(id: string): Promise<User | null> {
    return this.lock({ id });
  }

  async save(user: User): Promise<void> {
    const events = user.pullEvents();
    if (events.length === 0) return;
    const key = await this.dataKeys.forUser(user.id);
    const emailIndex = this.blindIndex.of(user.state.email.value);
    try {
      await this.database.entities.update(UserRow, { id: user.id }, { ...rowOf(user.state, key), emailIndex });
    } catch (error) {
      if (databaseErrorCode(error) === SQLSTATE.uniqueViolation) throw new AddressTakenMeanwhile();
      throw error;
    }
    this.uow.record(...events);
    const { id, state } = user;
    this.uow.afterCommit(() => {
      this.cache.changed(id, state.version);
    });
  }

  async remove(user: User): Promise<void> {
    await this.database.query('DELETE FROM user_service.users WHERE id = $1', [user.id]);
    this.uow.record(...user.pullEvents());
  }

  async replaceHash(id: string, hash: string, next: string): Promise<boolean> {
    const sql = 'UPDATE user_service.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id';
    return (await this.database.query(sql, [id, hash, next])).length > 0;
  }

  async claimNotice(id: string, now: Date): Promise<boolean> {
    const claimed = await this.database.query(
      `UPDATE user_service.users SET notice_sent_at = $2
        WHERE id = $1 AND (notice_sent_at IS NULL OR notice_sent_at <= $2::timestamptz - interval '1 hour')
       RETURNING id`,
      [id, now],
    );
    return claimed.length > 0;
  }

  async lockSecondFactor(id: string): Promise<boolean | null> {
    const [row] = await this.database.query<{ mfa_enabled: boolean }>(
      'SELECT mfa_enabled FROM user_service.users WHERE id = $1 FOR NO KEY UPDATE',
      [id],
    );
    return row?.mfa_enabled ?? null;
  }

  async setSecondFactor(id: string, enabled: boolean, now: Date): Promise<number> {
    const [row] = await this.database.query<{ security_epoch: number; version: number }>(
      `UPDATE user_service.users
          SET security_epoch = security_epoch + (CASE WHEN $2 AND NOT mfa_enabled THEN 1 ELSE 0 END),
              mfa_enabled = $2, version = version + 1, updated_at = $3
        WHERE id = $1 RETURNING security_epoch, version`,
      [id, enabled, now],
    );
    if (row === undefined) throw new UserNotFound();
    this.uow.afterCommit(() => {
      this.cache.changed(id, row.version);
    });
    return row.security_epoch;
  }

  async addConsents(userId: string, consents: readonly Consent[], now: Date): Promise<void> {
    if (consents.length === 0) return;
    await this.database.query(
      `INSERT INTO user_service.consents (id, user_id, purpose, version, granted, decided_at)
       SELECT id, $1, purpose, version, granted, $6
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[]) AS c (id, purpose, version, granted)`,
      [
        userId,
        // In order of time, as they were decided.
        consents.map(() => uuidv7()),
        consents.map(({ purpose }) => purpose),
        consents.map(({ version }) => version),
        consents.map(({ granted }) => granted),
        now,
      ],
    );
  }

  async discardConsents(userId: string): Promise<void> {
    await this.database.query('DELETE FROM user_service.consents WHERE user_id = $1', [userId]);
  }

  // Other transactions may still refer to the row (foreign keys), but neither change it nor hold its epoch.
  private async lock(where: FindOptionsWhere<UserRow>): Promise<User | null> {
    const row = await this.database.entities.findOne(UserRow, { where, lock: { mode: 'for_no_key_update' } });
    return row && User.restore(stateOf(row, await this.dataKeys.forUser(row.id)));
  }
}
