import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import type { LiveToken } from '../../application/authenticate-token.js';

/** RFC 7662 §2.1, RFC 7009 §2.1. Described here, read by `tokenOf`: parameters nobody knows are ignored (RFC 6749 §3.2). */
export class TokenFormDto {
  @ApiProperty({ type: String, description: 'The token.', example: 'eyJhbGciOiJIUzUxMiIs…' })
  token!: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Ignored: what a token is can be seen from it.',
    example: 'access_token',
  })
  token_type_hint?: string;
}

/** What this service calls itself in tokens. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
}

const seconds = (description: string): object => ({ type: 'integer', description, example: 1767225600 });

/** RFC 7662 §2.2, with the claims of RFC 9068. Everything but `active` is there for a live token only. */
export class IntrospectionDto {
  @ApiProperty({ type: Boolean, description: 'Whether the token is good now.', example: true })
  readonly active: boolean;

  @ApiPropertyOptional({ type: String, enum: ['Bearer'], example: 'Bearer' })
  readonly token_type?: string;

  @ApiPropertyOptional({ type: String, example: 'http://localhost:8000' })
  readonly iss?: string;

  @ApiPropertyOptional({ type: String, example: 'user-service' })
  readonly aud?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'The user.',
    example: '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e',
  })
  readonly sub?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'The session.',
    example: '01938a6e-7f00-7abc-8def-0123456789ab',
  })
  readonly sid?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'The token.',
    example: '01938a6e-8a00-7abc-8def-0123456789ab',
  })
  readonly jti?: string;

  @ApiPropertyOptional(seconds('When it was issued.'))
  readonly iat?: number;

  @ApiPropertyOptional(seconds('When it ends.'))
  readonly exp?: number;

  @ApiPropertyOptional(seconds('When the user last proved who they are.'))
  readonly auth_time?: number;

  @ApiPropertyOptional({ type: String, description: 'How surely (OIDC Core §2).', example: '1' })
  readonly acr?: string;

  @ApiPropertyOptional({ type: [String], description: 'By what (RFC 8176).', example: ['pwd'] })
  readonly amr?: readonly string[];

  @ApiPropertyOptional({ type: [String], description: 'Of the user, as of now.', example: ['user'] })
  readonly roles?: readonly string[];

  constructor(token: LiveToken | null, { issuer, audience }: Issuer) {
    this.active = token !== null;
    if (token === null) return;
    this.token_type = 'Bearer';
    this.iss = issuer;
    this.aud = audience;
    this.sub = token.userId;
    this.sid = token.sessionId;
    this.jti = token.tokenId;
    this.iat = token.issuedAt;
    this.exp = token.expiresAt;
    this.auth_time = token.authTime;
    this.acr = token.acr;
    this.amr = token.amr;
    this.roles = token.roles;
  }
}
