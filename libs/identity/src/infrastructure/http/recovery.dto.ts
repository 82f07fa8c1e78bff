import { ApiProperty } from '@nestjs/swagger';

import { EmailField, MailedTokenField, PasswordField } from './fields.js';

export class ForgotPasswordDto {
  @EmailField()
  email!: string;
}

export class ResetPasswordDto {
  @MailedTokenField()
  token!: string;

  @PasswordField()
  newPassword!: string;
}

export class RecoveryAnswerDto {
  @ApiProperty({ type: String, enum: ['accepted'], example: 'accepted' })
  status!: 'accepted';
}
