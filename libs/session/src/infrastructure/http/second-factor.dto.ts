import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsDefined, IsIn, IsString, MaxLength, ValidateIf } from 'class-validator';

import { MayBePasskeyAssertion, type PasskeyCredentialDto } from '#mfa';
import { MayBeAbsent } from '#platform/http';

import type { SecondFactorDue, SecondFactorProof } from '../../application/second-factor.js';

const METHODS = ['totp', 'recovery_code', 'passkey'] as const;
const TOKEN_MAX = 128;
const CODE_MAX = 64;
const TOKEN = 'usm_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM';

/** The first half of a sign-in is done. */
export class SecondFactorDueDto {
  @ApiProperty({ type: Boolean, enum: [true], example: true })
  readonly mfaRequired = true;

  @ApiProperty({
    type: String,
    description: 'For `/auth/mfa/verify`, from the same device; works once.',
    example: TOKEN,
  })
  readonly mfaToken: string;

  @ApiProperty({ type: 'integer', description: 'Seconds.', example: 300 })
  readonly expiresIn: number;

  @ApiProperty({
    type: [String],
    enum: METHODS,
    description: 'Any one of them will do.',
    example: ['totp', 'recovery_code'],
  })
  readonly methods: readonly string[];

  constructor({ mfaToken, expiresIn, methods }: SecondFactorDue) {
    this.mfaToken = mfaToken;
    this.expiresIn = expiresIn;
    this.methods = methods;
  }
}

export class MfaTokenDto {
  @ApiProperty({ type: String, maxLength: TOKEN_MAX, example: TOKEN })
  @IsDefined()
  @IsString()
  @MaxLength(TOKEN_MAX)
  mfaToken!: string;
}

export class VerifySecondFactorDto extends MfaTokenDto {
  @ApiProperty({ type: String, enum: METHODS, example: 'totp' })
  @IsDefined()
  @IsIn(METHODS)
  method!: SecondFactorProof['method'];

  @ApiPropertyOptional({
    type: String,
    maxLength: CODE_MAX,
    description: 'With `totp` and `recovery_code`. Blanks and, in recovery codes, hyphens and case do not matter.',
    example: '492039',
  })
  @ValidateIf(({ method, code }: VerifySecondFactorDto) => method !== 'passkey' || code !== undefined)
  @IsString()
  @MaxLength(CODE_MAX)
  code?: string;

  @MayBePasskeyAssertion('With `passkey`: the `toJSON()` of what the browser answers the options with.')
  credential?: PasskeyCredentialDto;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'Ask for no second factor where the same `X-Device-Token` is sent with the password, for as many days as the ' +
      'service allows; by default none. Not with a recovery code.',
  })
  @MayBeAbsent()
  @IsBoolean()
  rememberDevice?: boolean;
}
