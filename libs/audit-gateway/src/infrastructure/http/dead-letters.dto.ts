import { ApiProperty } from '@nestjs/swagger';

import { cursorOf } from '#platform/http';

import type { DeadLetter } from '../../domain/dead-letter.js';

export class DeadLetterDto {
  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-7a30-7f60-b3c4-d5e6f7081920' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'uuid', example: '01938a6e-7a20-7e50-a2b3-c4d5e6f70819' })
  readonly eventId: string;

  @ApiProperty({ type: String, description: 'Of the event.', example: 'session.logged_out' })
  readonly type: string;

  @ApiProperty({ type: String, description: 'Why, as the Audit Service put it.', example: 'event_invalid' })
  readonly code: string;

  @ApiProperty({ type: String, example: 'The type of the event is not known' })
  readonly detail: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When it was refused last.',
    example: '2026-03-01T09:00:00.000Z',
  })
  readonly createdAt: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'How often it was refused.', example: 1 })
  readonly attempts: number;

  constructor({ id, eventId, type, code, detail, createdAt, attempts }: DeadLetter) {
    this.id = id;
    this.eventId = eventId;
    this.type = type;
    this.code = code;
    this.detail = detail;
    this.createdAt = createdAt.toISOString();
    this.attempts = attempts;
  }
}

export class DeadLetterListDto {
  @ApiProperty({ type: [DeadLetterDto], description: 'Oldest first.' })
  readonly items: readonly DeadLetterDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Send it as `cursor` for the next page; `null` on the last one.',
    example: null,
  })
  readonly nextCursor: string | null;

  /** @param letters one more than the page has room for, if there are more */
  constructor(letters: readonly DeadLetter[], limit: number) {
    const page = letters.slice(0, limit);
    this.items = page.map((letter) => new DeadLetterDto(letter));
    const last = letters.length > limit ? page.at(-1) : undefined;
    this.nextCursor = last === undefined ? null : cursorOf({ at: last.createdAt, key: last.id });
  }
}
