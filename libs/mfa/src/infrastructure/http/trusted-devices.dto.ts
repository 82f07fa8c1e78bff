import { ApiProperty } from '@nestjs/swagger';

import type { TrustedDevice } from '../../application/trusted-devices.js';

export class TrustedDeviceDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-3b2a-7c19-8e0f-1a2b3c4d5e6f' })
  readonly id: string;

  @ApiProperty({ type: String, nullable: true, description: 'As named at the sign-in.', example: '민지의 노트북' })
  readonly deviceName: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T09:00:00.000Z' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  readonly lastUsedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-31T09:00:00.000Z' })
  readonly expiresAt: string;

  constructor({ id, label, createdAt, lastUsedAt, expiresAt }: TrustedDevice) {
    this.id = id;
    this.deviceName = label;
    this.createdAt = createdAt.toISOString();
    this.lastUsedAt = lastUsedAt?.toISOString() ?? null;
    this.expiresAt = expiresAt.toISOString();
  }
}

export class TrustedDeviceListDto {
  @ApiProperty({ type: [TrustedDeviceDto] })
  readonly items: readonly TrustedDeviceDto[];

  @ApiProperty({ type: String, nullable: true, description: 'There is no other page.', example: null })
  readonly nextCursor: string | null = null;

  constructor(devices: readonly TrustedDevice[]) {
    this.items = devices.map((device) => new TrustedDeviceDto(device));
  }
}
