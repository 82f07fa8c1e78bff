import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, Matches, Max, MaxLength, Min } from 'class-validator';

import { ValidationFailed } from './errors.js';
import { MayBeAbsent } from './fields.js';

// api.md: lists have 20 items unless told otherwise, and 100 at most.
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const CURSOR_MAX = 256;
const CURSOR = /^(\d{1,16})~([A-Za-z0-9:._-]{1,100})$/;

/** Where a page of a list by time, newest first, ended: the next one begins after it. */
export interface ListPosition {
  readonly at: Date;
  /** Tells items of one time apart. */
  readonly key: string;
}

/** The query of every list (api.md). */
export class ListQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @Transform(({ value }: { value: unknown }) => numberIn(value))
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number;

  @ApiPropertyOptional({
    type: String,
    maxLength: CURSOR_MAX,
    description: '`nextCursor` of the page before, as it is. Without it the list begins at its first page.',
  })
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]+$/)
  @MaxLength(CURSOR_MAX)
  cursor?: string;
}

export interface ListRequest {
  readonly limit: number;
  readonly after: ListPosition | null;
}

/** Throws `ValidationFailed` for a cursor that no list has given out. */
export function listRequest({ limit, cursor }: ListQueryDto): ListRequest {
  return { limit: limit ?? DEFAULT_LIMIT, after: cursor === undefined ? null : positionIn(cursor) };
}

/** Opaque to callers, who only send it back. It tells them nothing that the list did not. */
export function cursorOf(position: ListPosition | null): string | null {
  if (position === null) return null;
  return Buffer.from(`${String(position.at.getTime())}~${position.key}`, 'latin1').toString('base64url');
}

function positionIn(cursor: string): ListPosition {
  const [, at, key] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  const time = new Date(Number(at));
  if (key === undefined || Number.isNaN(time.getTime())) {
    throw new ValidationFailed([{ pointer: '/query/cursor', code: 'invalid' }]);
  }
  return { at: time, key };
}

/** A query holds texts only. What is no whole number in plain digits stays one, and is refused. */
function numberIn(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
