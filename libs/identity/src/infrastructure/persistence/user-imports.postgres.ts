import { createHmac } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { BlindIndex, DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { UserImports, type ImportedUser, type Standing } from '../../application/import-users.js';
import type { Erased } from '../../domain/recovery-events.js';
import { rowOf } from './sealed-user.js';

// `standing` of the first reason that holds; an account that nobody proved stands in nobody's way who did.
const STANDING = `
  SELECT CASE WHEN i.line_digest = l.digest THEN 'present'
              WHEN i.line_digest IS NOT NULL THEN 'imported_differently'
              WHEN a.id IS NOT NULL AND NOT (a.email_verified_at IS NULL AND l.verified) THEN 'address_taken'
              WHEN b.id IS NOT NULL AND b.id IS DISTINCT FROM a.id THEN 'id_taken'
              ELSE 'free' END AS standing
    FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::boolean[]) WITH ORDINALITY AS l (email_index, digest, id, verified, n)
    LEFT JOIN user_service.legacy_imports i ON i.email_index = l.email_index
    LEFT JOIN user_service.users a ON a.email_index = l.email_index
    LEFT JOIN user_service.users b ON b.id = l.id
   ORDER BY l.n`;

const ADD = `
  WITH lines AS (
    SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::text[], $6::timestamptz[],
                         $7::text[], $8::text[], $9::bytea[], $10::text[], $11::boolean[], $12::timestamptz[],
                         $13::bytea[], $14::text[], $15::bytea[])
      AS l (id, email_enc, email_index, email_verified_at, password_hash, password_changed_at, status, roles,
            profile_enc, locale, mfa_enabled, created_at, wrapped_key, kek_id, digest)
  ), added AS (
    INSERT INTO user_service.users (id, email_enc, email_index, email_verified_at, password_hash, password_changed_at,
                                    status, roles, profile_enc, locale, mfa_enabled, created_at, updated_at)
    SELECT id, email_enc, email_index, email_verified_at, password_hash, password_changed_at, status,
           string_to_array(roles, ','), profile_enc, locale, mfa_enabled, created_at, $16::timestamptz
      FROM lines ON CONFLICT DO NOTHING RETURNING id
  ), keyed AS (
    INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id)
    SELECT id, wrapped_key, kek_id FROM lines JOIN added USING (id)
  ), noted AS (
    INSERT INTO user_service.legacy_imports (email_index, line_digest, user_id)
    SELECT email_index, digest, id FROM lines JOIN added USING (id)
  )
  SELECT id FROM added`;

@Injectable()
export class PostgresUserImports extends UserImports {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly blindIndex: BlindIndex,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async standingOf(users: readonly ImportedUser[]): Promise<readonly Standing[]> {
    if (users.length === 0) return [];
    const rows = await this.database.query<{ standing: Standing }>(STANDING, [
      users.map(({ state }) => this.blindIndex.of(state.email.value)),
      users.map((user) => this.digestOf(user)),
      users.map(({ state }) => state.id),
      users.map(({ state }) => state.emailVerifiedAt !== null),
    ]);
    return rows.map(({ standing }) => standing);
  }

  async add(users: readonly ImportedUser[], now: Date): Promise<ReadonlySet<string>> {
    const rows = users.map((user) => {
      const { key, stored } = this.dataKeys.generate(user.state.id);
      return { ...rowOf(user.state, key), user, stored };
    });
    const added = await this.database.query<{ id: string }>(ADD, [
      rows.map(({ id }) => id),
      rows.map(({ emailEnc }) => emailEnc),
      rows.map(({ user }) => this.blindIndex.of(user.state.email.value)),
      rows.map(({ emailVerifiedAt }) => emailVerifiedAt),
      rows.map(({ passwordHash }) => passwordHash),
      rows.map(({ passwordChangedAt }) => passwordChangedAt),
      rows.map(({ status }) => status),
      rows.map(({ roles }) => roles.join(',')),
      rows.map(({ profileEnc }) => profileEnc),
      rows.map(({ locale }) => locale),
      rows.map(({ user }) => user.state.mfaEnabled),
      rows.map(({ createdAt }) => createdAt),
      rows.map(({ stored }) => stored.wrapped),
      rows.map(({ stored }) => stored.kekId),
      rows.map(({ user }) => this.digestOf(user)),
      now,
    ]);
    return new Set(added.map(({ id }) => id));
  }

  async makeRoom(users: readonly ImportedUser[], now: Date): Promise<void> {
    if (users.length === 0) return;
    const removed = await this.database.query<{ id: string }>(
      `DELETE FROM user_service.users u WHERE u.email_index = ANY ($1::bytea[]) AND u.email_verified_at IS NULL
          AND NOT EXISTS (SELECT FROM user_service.legacy_imports i WHERE i.user_id = u.id) RETURNING u.id`,
      [users.map(({ state }) => this.blindIndex.of(state.email.value))],
    );
    const events = removed.map(({ id }): Erased => {
      const data = { reason: 'address_proven_by_other' } as const;
      return { type: 'identity.erased', userId: id, occurredAt: now, data };
    });
    this.uow.record(...events);
  }

  // Keyed, because a line holds an address and the hash of a password.
  private digestOf({ line }: ImportedUser): Buffer {
    return createHmac('sha256', this.blindIndex.of('digests of imported lines')).update(line, 'utf8').digest();
  }
}
