import { Column, Entity, PrimaryColumn } from 'typeorm';

import { SCHEMA } from '#platform/persistence';

/** A row of `users`. Tables are made by migrations alone; this only names their columns. */
@Entity({ schema: SCHEMA, name: 'users' })
export class UserRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('bytea', { name: 'email_enc' })
  emailEnc!: Buffer;

  @Column('bytea', { name: 'email_index' })
  emailIndex!: Buffer;

  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt!: Date | null;

  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  @Column('timestamptz', { name: 'password_changed_at' })
  passwordChangedAt!: Date;

  @Column('text')
  status!: string;

  @Column('text', { array: true })
  roles!: string[];

  @Column('bytea', { name: 'profile_enc' })
  profileEnc!: Buffer;

  @Column('text')
  locale!: string;

  @Column('integer', { name: 'security_epoch', default: 1 })
  securityEpoch!: number;

  @Column('boolean', { name: 'mfa_enabled', default: false })
  mfaEnabled!: boolean;

  @Column('timestamptz', { name: 'notice_sent_at', nullable: true })
  noticeSentAt!: Date | null;

  @Column('integer', { default: 1 })
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
