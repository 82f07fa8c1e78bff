import { ApiProperty } from '@nestjs/swagger';

import type { MfaStatus, PasskeySummary } from '../../application/mfa-queries.js';

export class TotpStatusDto {
  @ApiProperty({ type: Boolean, example: true })
  readonly enabled: boolean;

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }
}

export class PasskeyDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-4c3b-7d2a-8f10-9e8d7c6b5a49' })
  readonly id: string;

  @ApiProperty({ type: String, nullable: true, example: '민지의 전화기' })
  readonly name: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T09:00:00.000Z' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  readonly lastUsedAt: string | null;

  constructor({ id, name, createdAt, lastUsedAt }: PasskeySummary) {
    this.id = id;
    this.name = name;
    this.createdAt = createdAt.toISOString();
    this.lastUsedAt = lastUsedAt?.toISOString() ?? null;
  }
}

export class MfaStatusDto {
  @ApiProperty({ type: TotpStatusDto })
  readonly totp: TotpStatusDto;

  @ApiProperty({ type: [PasskeyDto] })
  readonly passkeys: readonly PasskeyDto[];

  @ApiProperty({ type: 'integer', description: 'Unused ones.', example: 10 })
  readonly recoveryCodesLeft: number;

  constructor({ totpEnabled, passkeys, recoveryCodesLeft }: MfaStatus) {
    this.totp = new TotpStatusDto(totpEnabled);
    this.passkeys = passkeys.map((passkey) => new PasskeyDto(passkey));
    this.recoveryCodesLeft = recoveryCodesLeft;
  }
}
