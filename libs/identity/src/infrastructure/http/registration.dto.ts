import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsString,
  Matches,
  ValidateBy,
  ValidateNested,
} from 'class-validator';

import { MayBeAbsent } from '#platform/http';

import { DisplayNameField, EmailField, LocaleField, MailedTokenField, PasswordField } from './fields.js';

const CONSENTS_MAX = 10;
// Names and versions of texts go to the audit trail for ever, so neither has room for a number that is somebody's: words
// with two digits at most, and a date or a short version.
const PURPOSE = /^(?=.{1,64}$)[a-z]+(?:[._-][a-z]+)*\d{0,2}$/;
const TEXT_VERSION = /^(?:\d{4}-\d{2}(?:-\d{2})?|v?\d{1,3}(?:\.\d{1,2}){0,2})$/;

function isCalendarDate(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

export class ConsentDto {
  @ApiProperty({ type: String, pattern: PURPOSE.source, example: 'marketing_email' })
  @IsDefined()
  @IsString()
  @Matches(PURPOSE)
  purpose!: string;

  @ApiProperty({ type: String, pattern: TEXT_VERSION.source, example: '2026-01' })
  @IsDefined()
  @IsString()
  @Matches(TEXT_VERSION)
  version!: string;

  @ApiProperty({ type: Boolean, example: true })
  @IsDefined()
  @IsBoolean()
  granted!: boolean;
}

export class RegisterDto {
  @EmailField()
  email!: string;

  @PasswordField()
  password!: string;

  @DisplayNameField()
  displayName?: string | null;

  @LocaleField()
  locale?: 'en' | 'ko';

  @ApiPropertyOptional({ type: [ConsentDto], maxItems: CONSENTS_MAX })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(CONSENTS_MAX)
  @ArrayUnique((consent: ConsentDto | null) => consent?.purpose)
  @ValidateNested({ each: true })
  @Type(() => ConsentDto)
  consents?: ConsentDto[];

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    description: 'Needed where a minimum age is set. Looked at once, never stored.',
    example: '2001-02-28',
  })
  @MayBeAbsent()
  @ValidateBy({ name: 'isDateString', validator: { validate: isCalendarDate } })
  birthDate?: string;
}

export class RegistrationAnswerDto {
  @ApiProperty({ type: String, enum: ['verification_pending'], example: 'verification_pending' })
  status!: 'verification_pending';
}

export class VerifyEmailDto {
  @MailedTokenField()
  token!: string;
}

export class ResendVerificationDto {
  @EmailField()
  email!: string;
}
