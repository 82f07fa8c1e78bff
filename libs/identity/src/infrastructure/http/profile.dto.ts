import { ApiProperty } from '@nestjs/swagger';

import { etagOf } from '#platform/http';

import type { UserProfile } from '../../application/ports.js';
import { DisplayNameField, LocaleField, PhoneField } from './fields.js';

export class UpdateProfileDto {
  @DisplayNameField()
  displayName?: string | null;

  @LocaleField()
  locale?: 'en' | 'ko';

  @PhoneField()
  phone?: string | null;
}

export class UserProfileDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'email', example: 'kim.minji@example.com' })
  readonly email: string;

  @ApiProperty({ type: Boolean, example: true })
  readonly emailVerified: boolean;

  @ApiProperty({ type: String, nullable: true, example: '김민지' })
  readonly displayName: string | null;

  @ApiProperty({ type: String, enum: ['en', 'ko'], example: 'ko' })
  readonly locale: string;

  @ApiProperty({ type: String, nullable: true, example: '+821012345678' })
  readonly phone: string | null;

  @ApiProperty({ type: [String], example: ['user'] })
  readonly roles: readonly string[];

  @ApiProperty({ type: Boolean, example: false })
  readonly mfaEnabled: boolean;

  @ApiProperty({ type: String, enum: ['active', 'disabled'], example: 'active' })
  readonly status: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T00:00:00.000Z' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T00:00:00.000Z' })
  readonly updatedAt: string;

  @ApiProperty({
    type: 'integer',
    description: 'Rises with every change, and the `ETag` is another one then.',
    example: 3,
  })
  readonly version: number;

  constructor(profile: UserProfile) {
    this.id = profile.id;
    this.email = profile.email;
    this.emailVerified = profile.emailVerified;
    this.displayName = profile.displayName;
    this.locale = profile.locale;
    this.phone = profile.phone;
    this.roles = profile.roles;
    this.mfaEnabled = profile.mfaEnabled;
    this.status = profile.status;
    this.createdAt = profile.createdAt.toISOString();
    this.updatedAt = profile.updatedAt.toISOString();
    this.version = profile.version;
  }
}

// Total: who adds a member gives every profile another entity tag, so that nobody keeps the old form.
const MEMBERS: { readonly [Member in keyof UserProfileDto]: true } = {
  id: true,
  email: true,
  emailVerified: true,
  displayName: true,
  locale: true,
  phone: true,
  roles: true,
  mfaEnabled: true,
  status: true,
  createdAt: true,
  updatedAt: true,
  version: true,
};

/** The entity tag of a user's profile at a version. */
export function profileEtag(userId: string, version: number): string {
  return etagOf(userId, version, Object.keys(MEMBERS));
}

interface Rendered {
  readonly etag: string;
  readonly json: string;
}

// Profiles that the process remembers are the same objects each time, and everybody asks for their own all the time.
const known = new WeakMap<UserProfile, Rendered>();

/** The answer's bytes and their tag, made once for each profile that was read. */
export function rendered(profile: UserProfile): Rendered {
  let answer = known.get(profile);
  if (answer === undefined) {
    const json = JSON.stringify(new UserProfileDto(profile));
    answer = { etag: profileEtag(profile.id, profile.version), json };
    known.set(profile, answer);
  }
  return answer;
}
