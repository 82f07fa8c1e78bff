import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { formatSequence } from '#platform/audit-chain';
import { ApiProblems, RequiresApiKey } from '#platform/http';

import { VerifyLanes, type LaneStates } from '../../application/lane-states.js';
import { EventStore } from '../../application/ports.js';
import { EntriesQuery, EntryList, LaneList, LanePath } from './dto.js';

@ApiTags('Lanes')
@Controller('api/v1/lanes')
@RequiresApiKey()
export class LanesController {
  constructor(
    private readonly verifyLanes: VerifyLanes,
    private readonly store: EventStore,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listLanes',
    summary: 'How every lane is: first and last place, gaps, and whether its chain is whole',
    description:
      'What came since the last walk along all lanes is proven at once; `verifiedAt` says when that walk was.',
  })
  @ApiOkResponse({ type: LaneList, description: 'All lanes' })
  async list(): Promise<LaneList> {
    return documentOf(await this.verifyLanes.current());
  }

  @Post('verify')
  @HttpCode(200)
  @ApiOperation({ operationId: 'verifyLanes', summary: 'Proves all lanes from their beginning, now' })
  @ApiOkResponse({ type: LaneList, description: 'All lanes' })
  async verify(): Promise<LaneList> {
    return documentOf(await this.verifyLanes.verify());
  }

  @Get(':lane/entries')
  @ApiOperation({
    operationId: 'listLaneEntries',
    summary: 'A lane in the order of its sequence, with the places of refused events',
    description: 'Everything that a verifier needs who does not trust this service.',
  })
  @ApiOkResponse({ type: EntryList, description: 'One page' })
  @ApiProblems('validation_failed')
  async entries(@Param() { lane }: LanePath, @Query() { after, limit }: EntriesQuery): Promise<EntryList> {
    const entries = await this.store.entries(lane, BigInt(after), limit);
    const last = entries.length < limit ? undefined : entries.at(-1);
    const nextCursor = last === undefined ? null : formatSequence(last.sequence);
    return { items: entries.map(({ entry }) => entry), nextCursor };
  }
}

function documentOf({ chainOk, verifiedAt, lanes }: LaneStates): LaneList {
  return {
    chainOk,
    verifiedAt,
    items: lanes.map(({ gaps, ...lane }) => ({ ...lane, gaps: [...gaps] })),
    nextCursor: null,
  };
}
