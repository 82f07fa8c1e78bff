import { OmitType } from '@nestjs/swagger';

import { IsPasskeyAssertion, type PasskeyCredentialDto } from '#mfa';

import { LoginDto } from './session.dto.js';

export class PasskeyLoginDto extends OmitType(LoginDto, ['email', 'password'] as const) {
  @IsPasskeyAssertion()
  credential!: PasskeyCredentialDto;
}
