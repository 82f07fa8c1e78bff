import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, IsString, MaxLength } from 'class-validator';

import type { FactorResetState } from '../../domain/factor-reset.js';

const TOKEN_MAX = 256;
const EXAMPLE_ID = '01938a6e-2b1c-7d3e-9f40-5a6b7c8d9e0f';
const EXAMPLE_TIME = '2026-01-01T09:00:00.000Z';

export class FactorResetDto {
  @ApiProperty({ type: String, format: 'uuid', example: EXAMPLE_ID })
  readonly id: string;

  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e' })
  readonly userId: string;

  @ApiProperty({ type: String, enum: ['waiting_for_approval', 'approved'], example: 'waiting_for_approval' })
  readonly status: 'waiting_for_approval' | 'approved';

  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-1111-7222-8333-444455556666' })
  readonly requestedBy: string;

  @ApiProperty({ type: String, format: 'date-time', example: EXAMPLE_TIME })
  readonly requestedAt: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  readonly approvedBy: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the factors go; `null` until another administrator agrees.',
    example: null,
  })
  readonly dueAt: string | null;

  constructor({ id, userId, requestedBy, requestedAt, approvedBy, dueAt }: FactorResetState) {
    this.id = id;
    this.userId = userId;
    this.status = approvedBy === null ? 'waiting_for_approval' : 'approved';
    this.requestedBy = requestedBy;
    this.requestedAt = requestedAt.toISOString();
    this.approvedBy = approvedBy;
    this.dueAt = dueAt?.toISOString() ?? null;
  }
}

export class StopResetDto {
  @ApiProperty({ type: String, maxLength: TOKEN_MAX, description: 'From the mail.', example: '01938a6e2b1c…' })
  @IsDefined()
  @IsString()
  @MaxLength(TOKEN_MAX)
  token!: string;
}
