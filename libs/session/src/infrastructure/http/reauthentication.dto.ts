import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength, ValidateIf } from 'class-validator';

import { PASSWORD_MAX_CODE_POINTS } from '#kernel';
import { MayBePasskeyAssertion, type PasskeyCredentialDto } from '#mfa';
import { FitsPassword, MayBeAbsent } from '#platform/http';

import type { RenewedAccess } from '../../application/reauthenticate.js';

const CODE_MAX = 64;

export class ReauthenticateDto {
  @ApiPropertyOptional({
    type: String,
    format: 'password',
    maxLength: PASSWORD_MAX_CODE_POINTS,
    description: 'May be left out with a `credential`, and only then.',
    example: 'correct horse battery staple',
  })
  @ValidateIf(({ password, credential }: ReauthenticateDto) => credential === undefined || password !== undefined)
  @IsString()
  @FitsPassword()
  password?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: CODE_MAX,
    description:
      'Of a second factor, which whoever has one must prove; a recovery code works too. Not looked at for others.',
    example: '492039',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(CODE_MAX)
  code?: string;

  @MayBePasskeyAssertion(
    'A passkey, in place of a code. It proves both factors. The `toJSON()` of what the browser answers the options with.',
  )
  credential?: PasskeyCredentialDto;
}

export class RenewedAccessDto {
  @ApiProperty({ type: String, enum: ['Bearer'], example: 'Bearer' })
  readonly tokenType = 'Bearer';

  @ApiProperty({ type: String, description: 'A JWT of type `at+jwt` (RFC 9068).', example: 'eyJhbGciOiJIUzUxMiIs…' })
  readonly accessToken: string;

  @ApiProperty({ type: 'integer', description: 'Seconds.', example: 900 })
  readonly expiresIn: number;

  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-7f00-7abc-8def-0123456789ab' })
  readonly sessionId: string;

  constructor({ accessToken, expiresIn, sessionId }: RenewedAccess) {
    this.accessToken = accessToken;
    this.expiresIn = expiresIn;
    this.sessionId = sessionId;
  }
}
