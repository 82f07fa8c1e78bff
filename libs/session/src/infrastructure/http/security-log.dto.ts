import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import { cursorOf } from '#platform/http';
import { clientNetwork } from '#platform/logging';

import type { Page } from '../../application/newest-first.js';
import type { SecurityLogEntry } from '../../application/read-security-log.js';

const TYPES = [
  'session.login_succeeded',
  'session.reauthenticated',
  'session.logged_out',
  'session.evicted',
  'session.idle_expired',
  'session.revoked',
  'identity.registered',
  'identity.email_verified',
  'identity.password_changed',
];

const REASONS = [
  'owner',
  'operator',
  'password_changed',
  'password_reset',
  'account_changed',
  'refresh_reuse',
  'token_revoked',
];

export class SecurityLogEntryDto {
  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T09:00:00.000Z' })
  readonly at: string;

  @ApiProperty({
    type: String,
    enum: TYPES,
    description: 'What happened, by the name that it has in the audit trail.',
    example: 'session.login_succeeded',
  })
  readonly type: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'The session it happened to.',
    example: '01938a6e-7f00-7abc-8def-0123456789ab',
  })
  readonly sessionId?: string;

  @ApiPropertyOptional({ type: String, description: 'What the session was opened on.', example: '민지의 노트북' })
  readonly deviceName?: string;

  @ApiPropertyOptional({ type: String, description: 'What the session was opened with.', example: 'Mozilla/5.0' })
  readonly userAgent?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'With a sign-in: the network it came from, /24 of an IPv4, /48 of an IPv6 address.',
    example: '203.0.113.0/24',
  })
  readonly ip?: string;

  @ApiPropertyOptional({
    type: String,
    enum: REASONS,
    description: 'With `session.revoked`: why the session was ended.',
  })
  readonly reason?: string;

  constructor({ at, type, session, reason }: SecurityLogEntry) {
    const ip = clientNetwork(session?.ip ?? undefined);
    this.at = at.toISOString();
    this.type = type;
    if (session !== undefined) this.sessionId = session.sessionId;
    if (typeof session?.deviceName === 'string') this.deviceName = session.deviceName;
    if (typeof session?.userAgent === 'string') this.userAgent = session.userAgent;
    if (ip !== undefined) this.ip = ip;
    if (reason !== undefined) this.reason = reason;
  }
}

export class SecurityLogDto {
  @ApiProperty({ type: [SecurityLogEntryDto] })
  readonly items: readonly SecurityLogEntryDto[];

  @ApiProperty({ type: String, nullable: true, description: '`null` on the last page.', example: null })
  readonly nextCursor: string | null;

  constructor({ items, next }: Page<SecurityLogEntry>) {
    this.items = items.map((entry) => new SecurityLogEntryDto(entry));
    this.nextCursor = cursorOf(next);
  }
}
