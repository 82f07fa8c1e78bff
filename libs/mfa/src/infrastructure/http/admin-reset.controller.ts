import { Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';

import {
  ApiProblems,
  CurrentPrincipal,
  RecordsAccess,
  RequiresRole,
  ResourceId,
  ResourceNotFound,
  StepUp,
  type Principal,
} from '#platform/http';

import { AgreeToReset, StopReset } from '../../application/agree-to-reset.js';
import { FactorResets } from '../../application/factor-resets.js';
import { FactorResetDto } from './reset.dto.js';

/** The way back for somebody who lost every factor: two administrators, some time, and the owner who can say no. */
@ApiTags('Second factor')
@RequiresRole('admin')
@ApiParam({ name: 'id', type: String, format: 'uuid', example: '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e' })
@Controller('api/v1/admin/users/:id/reset-mfa')
export class AdminResetController {
  constructor(
    private readonly agreeToReset: AgreeToReset,
    private readonly stopReset: StopReset,
    private readonly resets: FactorResets,
  ) {}

  @Post()
  @HttpCode(202)
  @StepUp()
  @ApiOperation({
    operationId: 'resetFactors',
    summary: "Ask for the reset of a user's second factors, or agree to it",
    description:
      'The first call asks; a second one, by another administrator within 72 hours, agrees. `MFA_RESET_DELAY_HOURS` ' +
      'later all factors and recovery codes go and every session ends. The owner is told at once, both times, and can ' +
      'stop it until then. Agreed to already, a call changes nothing.',
  })
  @ApiAcceptedResponse({ type: FactorResetDto, description: 'Asked for, or agreed to.' })
  @ApiProblems('not_found', 'mfa_not_enabled', 'own_mfa_reset', 'second_admin_required')
  async agree(
    @ResourceId('id') id: string,
    @CurrentPrincipal() { userId, sessionId }: Principal,
  ): Promise<FactorResetDto> {
    return new FactorResetDto(await this.agreeToReset.execute(id, { userId, sessionId }));
  }

  @Get()
  @RecordsAccess()
  @ApiOperation({
    operationId: 'readFactorReset',
    summary: 'The reset that waits',
    description: 'One that is stopped or done is not there any more; the audit trail has it.',
  })
  @ApiOkResponse({ type: FactorResetDto, description: 'It has not happened yet.' })
  @ApiProblems('not_found')
  async read(@ResourceId('id') id: string): Promise<FactorResetDto> {
    const open = await this.resets.openOf(id);
    if (open === null) throw new ResourceNotFound();
    return new FactorResetDto(open);
  }

  @Delete()
  @HttpCode(204)
  @StepUp()
  @ApiOperation({
    operationId: 'withdrawFactorReset',
    summary: 'Call the reset off',
    description: 'Any administrator can, whoever asked for it.',
  })
  @ApiNoContentResponse({ description: 'The factors stay.' })
  @ApiProblems('not_found')
  async withdraw(@ResourceId('id') id: string, @CurrentPrincipal() { userId, sessionId }: Principal): Promise<void> {
    if (!(await this.stopReset.execute(id, 'admin', { session: { userId, sessionId } }))) throw new ResourceNotFound();
  }
}
