import { ApiProperty } from '@nestjs/swagger';

import { cursorOf } from '#platform/http';
import { clientNetwork } from '#platform/logging';

import type { Page } from '../../application/newest-first.js';
import type { SessionSummary } from '../../application/session-queries.js';

const EXAMPLE_TIME = '2026-01-01T09:00:00.000Z';

export class SessionDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-7f00-7abc-8def-0123456789ab' })
  readonly id: string;

  @ApiProperty({ type: Boolean, description: 'Whether this is the session that asks.', example: true })
  readonly current: boolean;

  @ApiProperty({ type: String, format: 'date-time', description: 'The sign-in.', example: EXAMPLE_TIME })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'To the minute.', example: EXAMPLE_TIME })
  readonly lastSeenAt: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When it ends in any case.',
    example: '2026-01-31T09:00:00.000Z',
  })
  readonly expiresAt: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The network of the sign-in: /24 of an IPv4, /48 of an IPv6 address.',
    example: '203.0.113.0/24',
  })
  readonly ip: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0' })
  readonly userAgent: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'As named at the sign-in.', example: '민지의 노트북' })
  readonly deviceName: string | null;

  @ApiProperty({ type: [String], description: 'How the user proved who they are (RFC 8176).', example: ['pwd'] })
  readonly amr: readonly string[];

  constructor(session: SessionSummary, currentId: string) {
    this.id = session.id;
    this.current = session.id === currentId;
    this.createdAt = session.createdAt.toISOString();
    this.lastSeenAt = session.lastSeenAt.toISOString();
    this.expiresAt = session.expiresAt.toISOString();
    this.ip = clientNetwork(session.ip ?? undefined) ?? null;
    this.userAgent = session.userAgent;
    this.deviceName = session.deviceName;
    this.amr = session.amr;
  }
}

export class SessionListDto {
  @ApiProperty({ type: [SessionDto] })
  readonly items: readonly SessionDto[];

  @ApiProperty({ type: String, nullable: true, description: '`null` on the last page.', example: null })
  readonly nextCursor: string | null;

  constructor({ items, next }: Page<SessionSummary>, currentId: string) {
    this.items = items.map((session) => new SessionDto(session, currentId));
    this.nextCursor = cursorOf(next);
  }
}
