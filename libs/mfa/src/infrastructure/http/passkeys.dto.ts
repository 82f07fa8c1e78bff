import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

import { IsOneLine, MayBeAbsent } from '#platform/http';

import type { AddedPasskey } from '../../application/add-passkey.js';
import { PasskeyDto } from './mfa.dto.js';
import { IsPasskeyRegistration, type PasskeyCredentialDto } from './passkey-credential.dto.js';

const NAME_MAX = 100;

export class AddPasskeyDto {
  @IsPasskeyRegistration()
  credential!: PasskeyCredentialDto;

  @ApiPropertyOptional({
    type: String,
    minLength: 1,
    maxLength: NAME_MAX,
    description: 'Tells it from others in the list.',
    example: '민지의 전화기',
  })
  @MayBeAbsent()
  @IsString()
  @IsOneLine()
  @MaxLength(NAME_MAX)
  name?: string;
}

export class AddedPasskeyDto extends PasskeyDto {
  @ApiPropertyOptional({
    type: [String],
    description:
      'Only with the first factor of all. Each works once, in place of a factor; they are never shown again.',
    example: ['0KQ8-V3ZD-1T6M-XW2P', '1B7N-9YHC-4RFA-E5GS'],
  })
  readonly recoveryCodes?: readonly string[];

  constructor({ passkey, recoveryCodes }: AddedPasskey) {
    super(passkey);
    if (recoveryCodes !== null) this.recoveryCodes = recoveryCodes;
  }
}
