import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsDefined, IsIn, IsString, MaxLength, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';

import { PASSWORD_MAX_CODE_POINTS } from '#kernel';
import { FitsPassword, IsOneLine, MayBeAbsent } from '#platform/http';

import { InvalidEmail } from '../../domain/errors.js';
import { IdnaEmailParser } from '../email-parser.idna.js';

const NAME_MAX = 100;

const parser = new IdnaEmailParser();

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parser.parse(value);
    return true;
  } catch (error) {
    if (error instanceof InvalidEmail) return false;
    throw error;
  }
}

const IsEmailAddress = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isEmail', validator: { validate: isAddress } }, options);

/** An address that mail can be sent to. */
export function EmailField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, format: 'email', maxLength: 254, example: 'kim.minji@example.com' }),
    IsDefined(),
    IsEmailAddress(),
  );
}

/** A password somebody chooses; whether it is good enough is the policy's question. */
export function PasswordField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: String,
      format: 'password',
      maxLength: PASSWORD_MAX_CODE_POINTS,
      description:
        'Any characters: at least as many as the service is configured for (12 by default), at most 256 and 1 KiB, ' +
        'counted in NFC. No composition rules.',
      example: 'correct horse battery staple',
    }),
    IsDefined(),
    IsString(),
    FitsPassword(),
  );
}

// `null` clears the field, absence leaves it alone.
const Nullable = (): PropertyDecorator =>
  ValidateIf((_object, value: unknown) => value !== null && value !== undefined);

/** A name as its owner writes it: one line, at least one visible character. */
export function DisplayNameField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: NAME_MAX, example: '김민지' }),
    Nullable(),
    IsString(),
    IsOneLine(),
    MaxLength(NAME_MAX),
  );
}

/** Optional, but never `null`. */
export function LocaleField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, enum: ['en', 'ko'], example: 'ko' }),
    MayBeAbsent(),
    IsIn(['en', 'ko']),
  );
}

/** E.164: `+`, country code, subscriber number, 15 digits at most. */
export function PhoneField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: String,
      nullable: true,
      pattern: '^\\+[1-9][0-9]{6,14}$',
      example: '+821012345678',
    }),
    Nullable(),
    ValidateBy({
      name: 'isPhoneNumber',
      validator: { validate: (value: unknown) => typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value) },
    }),
  );
}

/** Whatever a mailed link carried. */
export function MailedTokenField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, maxLength: 128, example: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' }),
    IsDefined(),
    IsString(),
    MaxLength(128),
  );
}
