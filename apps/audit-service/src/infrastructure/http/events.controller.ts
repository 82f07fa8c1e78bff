import { Controller, Get, HttpCode, Logger, Post, Query, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { auditEventJsonSchema, BATCH_CONTENT_TYPE, BATCH_MAX_BYTES, BATCH_MAX_EVENTS } from '#platform/audit-chain';
import { AcceptsBody, ApiProblems, HttpProblem, RequiresApiKey, ValidationFailed } from '#platform/http';

import { EventStore } from '../../application/ports.js';
import { ReceiveBatch } from '../../application/receive-batch.js';
import { isConflict, type Rejection } from '../../domain/batch.js';
import { BatchResult, EventList, EventsQuery } from './dto.js';
import { EXAMPLE_EVENT } from './examples.js';

/** Twice of what a sender may send: who measures a little differently is not refused for it. */
const MAX_BYTES = 2 * BATCH_MAX_BYTES;
const { $id, $schema, ...SCHEMA } = auditEventJsonSchema('audit-event') as Record<string, unknown>;

@ApiTags('Events')
@Controller('api/v1/events')
@RequiresApiKey()
export class EventsController {
  readonly #logger = new Logger('Events');

  constructor(
    private readonly receiveBatch: ReceiveBatch,
    private readonly store: EventStore,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiConsumes(BATCH_CONTENT_TYPE)
  @AcceptsBody({ mediaType: BATCH_CONTENT_TYPE, maxBytes: MAX_BYTES })
  @ApiOperation({
    operationId: 'receiveEvents',
    summary: 'Takes a batch of events of one lane, in order',
    description:
      'Answers when what it accepted is on disk. An event that is there already counts as a duplicate and changes ' +
      'nothing; one that is refused keeps none of the others away. `Content-Encoding: gzip` is understood; an `Idempotency-Key` is not needed.',
  })
  @ApiBody({
    schema: { type: 'array', minItems: 1, maxItems: BATCH_MAX_EVENTS, items: SCHEMA, example: [EXAMPLE_EVENT] },
  })
  @ApiAcceptedResponse({ type: BatchResult, description: 'Accepted, known already, refused' })
  @ApiProblems('batch_invalid', 'batch_mixed', 'batch_unordered')
  async receive(@Req() { body }: FastifyRequest): Promise<BatchResult> {
    const items: unknown = body;
    if (!Array.isArray(items)) throw new ValidationFailed([{ pointer: '', code: 'must_be_array' }]);
    if (items.length > BATCH_MAX_EVENTS) throw new HttpProblem('payload_too_large');
    const { accepted, duplicates, rejections } = await this.receiveBatch.execute(items);
    this.tellConflicts(rejections.filter(isConflict));
    return { accepted, duplicates, rejected: rejections.map(({ id, code, detail }) => ({ id, code, detail })) };
  }

  @Get()
  @ApiOperation({ operationId: 'listEvents', summary: 'What was received, in the order of reception' })
  @ApiOkResponse({ type: EventList, description: 'One page' })
  @ApiProblems('validation_failed')
  async list(@Query() { subject, type, after, order, limit }: EventsQuery): Promise<EventList> {
    const page = await this.store.events({ subject, type, after, descending: order === 'desc', limit });
    if (page === undefined) throw new ValidationFailed([{ pointer: '/query/after', code: 'invalid' }]);
    return { items: [...page.items], nextCursor: page.hasMore ? (page.items.at(-1)?.id ?? null) : null };
  }

  /** At once, and not when somebody proves the lanes. */
  private tellConflicts(conflicts: readonly Rejection[]): void {
    const [first] = conflicts;
    if (first === undefined) return;
    const lane = `${String(first.place?.lane)}:${String(first.place?.sequence)}`;
    this.#logger.error({ event: 'audit_chain_forked', lane, reason: first.code, count: conflicts.length });
  }
}
