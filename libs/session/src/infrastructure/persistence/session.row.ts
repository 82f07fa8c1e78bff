import { Column, Entity, PrimaryColumn } from 'typeorm';

import { SCHEMA } from '#platform/persistence';

/** A row of `sessions`. Tables are made by migrations alone; this only names their columns. */
@Entity({ schema: SCHEMA, name: 'sessions' })
export class SessionRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('integer')
  epoch!: number;

  @Column('bytea', { nullable: true })
  device!: Buffer | null;

  @Column('bytea', { name: 'ip_enc', nullable: true })
  ipEnc!: Buffer | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent!: string | null;

  @Column('text', { array: true })
  amr!: string[];

  @Column('text')
  acr!: string;

  @Column('timestamptz', { name: 'auth_time' })
  authTime!: Date;

  @Column('boolean', { name: 'remember_me', default: false })
  rememberMe!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column('text', { name: 'revoke_reason', nullable: true })
  revokeReason!: string | null;
}

/** What the device's sealed name is bound to. */
export function devicePlace(id: string): string {
  return `sessions/device/${id}`;
}

/** What the sealed address is bound to. */
export function ipPlace(id: string): string {
  return `sessions/ip_enc/${id}`;
}
