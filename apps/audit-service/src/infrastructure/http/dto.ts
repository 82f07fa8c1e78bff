import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

import { MayBeAbsent } from '#platform/http';

import { EXAMPLE_EVENT, EXAMPLE_ID } from './examples.js';

const DEFAULT_LIMIT = 20;
const MAX_EVENTS = 500;
const MAX_ENTRIES = 1_000;
const AFTER = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)$/i;
const PLACE = '00000000000000001042';

function numberIn({ value }: { value: unknown }): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

export class EventsQuery {
  @ApiPropertyOptional({ type: String, maxLength: 200, description: 'Whom the events are about, as in `user/0193…`.' })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  subject?: string;

  @ApiPropertyOptional({ type: String, maxLength: 200, description: 'As in `session.login_succeeded`.' })
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  type?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: 64,
    description:
      'Go on after this event (its id: `nextCursor` of the page before), or after what had been received by this moment ' +
      '(RFC 3339, UTC).',
  })
  @MayBeAbsent()
  @Matches(AFTER)
  @MaxLength(64)
  after?: string;

  @ApiPropertyOptional({
    type: String,
    enum: ['asc', 'desc'],
    default: 'asc',
    description: 'Oldest or newest first, by when they were received.',
  })
  @MayBeAbsent()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: DEFAULT_LIMIT })
  @Transform(numberIn)
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_EVENTS)
  limit: number = DEFAULT_LIMIT;
}

export class LanePath {
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 32_767, example: 3 })
  @Transform(numberIn)
  @IsInt()
  @Min(0)
  @Max(32_767)
  lane!: number;
}

export class EntriesQuery {
  @ApiPropertyOptional({ type: String, description: 'Go on after this sequence.' })
  @MayBeAbsent()
  @Matches(/^\d{1,18}$|^0\d{19}$/)
  after: string = '0';

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_ENTRIES, default: MAX_ENTRIES })
  @Transform(numberIn)
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_ENTRIES)
  limit: number = MAX_ENTRIES;
}

const place = (description: string) => ({
  type: String,
  description,
  pattern: '^[0-9]{20}$',
  example: PLACE,
});
const maybePlace = (description: string) => ({ ...place(description), nullable: true });

export class RejectedEvent {
  @ApiProperty({ type: String, example: EXAMPLE_ID })
  readonly id!: string;

  @ApiProperty({
    type: String,
    enum: ['event_invalid', 'event_too_large', 'hash_mismatch', 'id_conflict', 'sequence_conflict'],
    description:
      'Not as the schema has it; over 64 KiB; not what its hash was made of; another event has the id; or the lane has ' +
      'another event at its place, before or after it.',
    example: 'event_invalid',
  })
  readonly code!: string;

  @ApiProperty({ type: String, description: 'For operators; holds no value.', example: '/time: Invalid ISO datetime' })
  readonly detail!: string;
}

/** The three together are as many as the batch has events. */
export class BatchResult {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Stored now.', example: 499 })
  readonly accepted!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Were there already, exactly as they are.', example: 0 })
  readonly duplicates!: number;

  @ApiProperty({ type: [RejectedEvent], description: 'Not stored. Where they stand in their lane is remembered.' })
  readonly rejected!: RejectedEvent[];
}

const EVENT = {
  type: 'object',
  description: 'An event as it was received: see the body of `POST /api/v1/events`.',
  additionalProperties: true,
  example: EXAMPLE_EVENT,
} as const;

export class EventList {
  @ApiProperty({ type: 'array', items: EVENT })
  readonly items!: object[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The id of the last item, for `after`; null when there is nothing behind it yet.',
    example: EXAMPLE_ID,
  })
  readonly nextCursor!: string | null;
}

export class EntryList {
  @ApiProperty({
    type: 'array',
    description: 'Each is `{ event }`, or `{ refused }` with the place and the `code` of one that was not stored.',
    items: { type: 'object', additionalProperties: true, example: { event: EXAMPLE_EVENT } },
  })
  readonly items!: object[];

  @ApiProperty(maybePlace('The sequence of the last item, for `after`; null when there is nothing behind it yet.'))
  readonly nextCursor!: string | null;
}

export class LaneGapDocument {
  @ApiProperty(place('The first place that is missing.'))
  readonly from!: string;

  @ApiProperty(place('The last one.'))
  readonly to!: string;
}

export class LaneFaultDocument {
  @ApiProperty({
    type: String,
    enum: ['gap', 'altered', 'reordered', 'duplicate', 'unlinked', 'wrong_lane'],
    description:
      'Missing; not what its hash was made of; later than its successors; there twice; not the successor of the one ' +
      'before it; of another lane.',
    example: 'altered',
  })
  readonly kind!: string;

  @ApiProperty({ type: 'integer', example: 3 })
  readonly lane!: number;

  @ApiProperty(place('The first place that is not proven.'))
  readonly sequence!: string;

  @ApiProperty({ type: String, description: 'The event there, or the first one behind a gap.', example: EXAMPLE_ID })
  readonly eventId!: string;
}

export class LaneDocument {
  @ApiProperty({ type: 'integer', example: 3 })
  readonly lane!: number;

  @ApiProperty(maybePlace('The first place that something is known of.'))
  readonly firstSequence!: string | null;

  @ApiProperty(maybePlace('The last one.'))
  readonly lastSequence!: string | null;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Events.', example: 1042 })
  readonly count!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Events that were refused: only their place is known.',
    example: 0,
  })
  readonly refused!: number;

  @ApiProperty({ type: String, pattern: '^[0-9]+$', description: 'How many places are missing.', example: '0' })
  readonly missing!: string;

  @ApiProperty({ type: [LaneGapDocument], description: 'What is missing, the first 100 gaps.' })
  readonly gaps!: LaneGapDocument[];

  @ApiProperty({ type: 'integer', minimum: 0, description: 'How often something is wrong.', example: 0 })
  readonly faults!: number;

  @ApiProperty({
    type: LaneFaultDocument,
    nullable: true,
    example: null,
    description: 'What is wrong first; null when all is well.',
  })
  readonly firstFault!: LaneFaultDocument | null;

  @ApiProperty({ type: Boolean, description: 'Nothing is missing, and nothing was altered.', example: true })
  readonly chainOk!: boolean;
}

export class LaneList {
  @ApiProperty({ type: Boolean, description: 'The chains of all lanes are whole.', example: true })
  readonly chainOk!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'When all lanes were last proven from their beginning.',
    example: '2026-01-01T00:00:00.000Z',
  })
  readonly verifiedAt!: Date | null;

  @ApiProperty({ type: [LaneDocument] })
  readonly items!: LaneDocument[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Always null: all lanes are here.',
    example: null,
  })
  readonly nextCursor!: null;
}
