import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import type { PublishedKey } from '../access-token-keys.js';

/** RFC 7517 §4, of the two kinds of key that sign here. */
export class PublicKeyDto implements PublishedKey {
  @ApiProperty({ type: String, enum: ['OKP', 'EC'], example: 'OKP' })
  readonly kty!: string;

  @ApiProperty({ type: String, enum: ['Ed25519', 'P-256'], example: 'Ed25519' })
  readonly crv!: string;

  @ApiProperty({ type: String, example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  readonly x!: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Of keys on P-256.',
    example: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  })
  readonly y?: string;

  @ApiProperty({ type: String, description: 'What the header of a token names.', example: '2026-03-01-ed25519-k3J9' })
  readonly kid!: string;

  @ApiProperty({ type: String, enum: ['sig'], example: 'sig' })
  readonly use!: 'sig';

  @ApiProperty({ type: String, enum: ['EdDSA', 'ES256'], example: 'EdDSA' })
  readonly alg!: string;
}

export class KeySetDto {
  @ApiProperty({
    type: [PublicKeyDto],
    description: 'Empty where a shared secret signs: then introspection tells what a token is worth.',
  })
  readonly keys!: readonly PublishedKey[];
}

/** RFC 8414 §2. */
export class ServerMetadataDto {
  @ApiProperty({ type: String, description: 'The `iss` of access tokens.', example: 'https://id.example.com' })
  readonly issuer!: string;

  @ApiProperty({ type: String, format: 'uri', example: 'https://id.example.com/.well-known/jwks.json' })
  readonly jwks_uri!: string;

  @ApiProperty({ type: String, format: 'uri', example: 'https://id.example.com/api/v1/oauth/introspect' })
  readonly introspection_endpoint!: string;

  @ApiProperty({ type: String, format: 'uri', example: 'https://id.example.com/api/v1/oauth/revoke' })
  readonly revocation_endpoint!: string;

  @ApiProperty({ type: [String], maxItems: 0, description: 'There is no authorization endpoint.', example: [] })
  readonly response_types_supported!: readonly string[];

  @ApiProperty({ type: [String], maxItems: 0, description: 'There is no token endpoint of OAuth.', example: [] })
  readonly grant_types_supported!: readonly string[];
}
