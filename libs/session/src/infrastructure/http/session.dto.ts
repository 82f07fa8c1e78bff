import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsDefined, IsString, MaxLength } from 'class-validator';

import { PASSWORD_MAX_CODE_POINTS } from '#kernel';
import { FitsPassword, IsOneLine, MayBeAbsent } from '#platform/http';

import type { IssuedTokens } from '../../application/tokens.js';

// Whatever cannot be somebody's credentials is refused like wrong ones; these bounds only limit the work.
const EMAIL_MAX = 1024;
const DEVICE_NAME_MAX = 100;

export class LoginDto {
  @ApiProperty({ type: String, format: 'email', maxLength: EMAIL_MAX, example: 'kim.minji@example.com' })
  @IsDefined()
  @IsString()
  @MaxLength(EMAIL_MAX)
  email!: string;

  @ApiProperty({
    type: String,
    format: 'password',
    maxLength: PASSWORD_MAX_CODE_POINTS,
    example: 'correct horse battery staple',
  })
  @IsDefined()
  @IsString()
  @FitsPassword()
  password!: string;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: DEVICE_NAME_MAX, example: '민지의 노트북' })
  @MayBeAbsent()
  @IsString()
  @IsOneLine()
  @MaxLength(DEVICE_NAME_MAX)
  deviceName?: string;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Stay signed in while idle, for 30 days.' })
  @MayBeAbsent()
  @IsBoolean()
  rememberMe?: boolean;
}

export class RefreshDto {
  @ApiProperty({ type: String, maxLength: 128, example: 'usr_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' })
  @IsDefined()
  @IsString()
  @MaxLength(128)
  refreshToken!: string;
}

export class SignedInUserDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'email', example: 'kim.minji@example.com' })
  readonly email: string;

  @ApiProperty({ type: String, nullable: true, example: '김민지' })
  readonly displayName: string | null;

  @ApiProperty({ type: [String], example: ['user'] })
  readonly roles: readonly string[];

  constructor({ id, email, displayName, roles }: IssuedTokens['user']) {
    this.id = id;
    this.email = email;
    this.displayName = displayName;
    this.roles = roles;
  }
}

export class TokensDto {
  @ApiProperty({ type: String, enum: ['Bearer'], example: 'Bearer' })
  readonly tokenType = 'Bearer';

  @ApiProperty({ type: String, description: 'A JWT of type `at+jwt` (RFC 9068).', example: 'eyJhbGciOiJIUzUxMiIs…' })
  readonly accessToken: string;

  @ApiProperty({ type: 'integer', description: 'Seconds.', example: 900 })
  readonly expiresIn: number;

  @ApiProperty({
    type: String,
    description: 'Opaque; works once.',
    example: 'usr_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM',
  })
  readonly refreshToken: string;

  @ApiProperty({ type: 'integer', description: 'Seconds, counted from the sign-in.', example: 2592000 })
  readonly refreshExpiresIn: number;

  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-7f00-7abc-8def-0123456789ab' })
  readonly sessionId: string;

  @ApiProperty({ type: SignedInUserDto })
  readonly user: SignedInUserDto;

  constructor(tokens: IssuedTokens) {
    this.accessToken = tokens.accessToken;
    this.expiresIn = tokens.expiresIn;
    this.refreshToken = tokens.refreshToken;
    this.refreshExpiresIn = tokens.refreshExpiresIn;
    this.sessionId = tokens.sessionId;
    this.user = new SignedInUserDto(tokens.user);
  }
}
