import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsDefined, ValidateBy } from 'class-validator';

import { MayBeAbsent } from '#platform/http';

const BASE64URL = /^[A-Za-z0-9_-]+$/;
// WebAuthn §4: a credential id has 1023 bytes at most. The rest bounds the work; no authenticator comes near.
const ID_MAX = 1364;
const MEMBER_MAX = 32_768;

const ID = 'q83vEjRWeJCrze8SNFZ4kA';
const CLIENT_DATA = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoieCJ9';

/** A kind of answer: its members that are needed, and those that may be there, each with an example. */
interface Kind {
  readonly needed: Readonly<Record<string, string>>;
  readonly possible: Readonly<Record<string, string>>;
}

const ASSERTION: Kind = {
  needed: {
    clientDataJSON: CLIENT_DATA,
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ',
    signature: 'MEUCIQDly6xF6eoeCXbRhdczUS8Ehc',
  },
  possible: { userHandle: 'bT0c9gH4Xr2iVQ5zYkNwJ8sLpE1uR6oA3dFhKxMtCqI' },
};

const REGISTRATION: Kind = {
  needed: { clientDataJSON: CLIENT_DATA, attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViU' },
  possible: {},
};

/** A public key credential as a browser writes it, by `toJSON()` (WebAuthn L3 §5.1). */
export interface PasskeyCredentialDto {
  readonly id: string;
  readonly response: Readonly<Record<string, unknown>>;
}

function isEncoded(value: unknown, most = MEMBER_MAX): boolean {
  return typeof value === 'string' && value.length <= most && BASE64URL.test(value);
}

/** Whatever else a browser writes is left alone: it may be newer than this service. */
function isCredential(value: unknown, { needed, possible }: Kind): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, rawId, type, response } = value as Record<string, unknown>;
  if (!isEncoded(id, ID_MAX) || rawId !== id || type !== 'public-key') return false;
  if (typeof response !== 'object' || response === null) return false;
  const members = response as Record<string, unknown>;
  const isFit = (name: string): boolean => (members[name] ?? null) === null || isEncoded(members[name]);
  return Object.keys(needed).every((name) => isEncoded(members[name])) && Object.keys(possible).every(isFit);
}

function hasFormOf(kind: Kind): PropertyDecorator {
  // Reported as a wrong form of the whole: a browser writes it, and nobody corrects its members by hand.
  return ValidateBy({ name: 'matches', validator: { validate: (value: unknown) => isCredential(value, kind) } });
}

function schemaOf({ needed, possible }: Kind, description: string, required: boolean): ApiPropertyOptions {
  const encoded = { type: 'string' as const, pattern: BASE64URL.source, maxLength: MEMBER_MAX };
  const names = [...Object.keys(needed), ...Object.keys(possible)];
  const open = { type: 'object', additionalProperties: true } as const;
  return {
    ...open,
    description,
    selfRequired: required,
    required: ['id', 'rawId', 'type', 'response'],
    properties: {
      id: { ...encoded, maxLength: ID_MAX },
      rawId: { ...encoded, maxLength: ID_MAX, description: 'The same as `id`.' },
      type: { type: 'string' as const, enum: ['public-key'] },
      response: {
        ...open,
        properties: Object.fromEntries(names.map((name) => [name, encoded])),
        required: Object.keys(needed),
      },
    },
    example: { id: ID, rawId: ID, type: 'public-key', response: { ...needed, ...possible } },
  };
}

const ANSWER = 'The `toJSON()` of what the browser answers the options with.';

export const IsPasskeyAssertion = (): PropertyDecorator =>
  applyDecorators(ApiProperty(schemaOf(ASSERTION, ANSWER, true)), IsDefined(), hasFormOf(ASSERTION));

export const MayBePasskeyAssertion = (description: string): PropertyDecorator =>
  applyDecorators(ApiProperty(schemaOf(ASSERTION, description, false)), MayBeAbsent(), hasFormOf(ASSERTION));

export const IsPasskeyRegistration = (): PropertyDecorator =>
  applyDecorators(ApiProperty(schemaOf(REGISTRATION, ANSWER, true)), IsDefined(), hasFormOf(REGISTRATION));

/** What goes to the browser: `PublicKeyCredential.parseRequestOptionsFromJSON()`, or the one for creation. */
export class PasskeyOptionsDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'WebAuthn options. They are good for one answer, within five minutes.',
    example: {
      rpId: 'id.example.com',
      challenge: 'mZ0c9gH4Xr2iVQ5zYkNwJ8sLpE1uR6oA3dFhKxMtCqI',
      allowCredentials: [],
      timeout: 300000,
      userVerification: 'required',
    },
  })
  readonly options: Readonly<Record<string, unknown>>;

  constructor(options: Readonly<Record<string, unknown>>) {
    this.options = options;
  }
}
