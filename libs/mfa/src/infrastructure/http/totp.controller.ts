import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { Clock } from '#kernel';
import {
  ApiProblems,
  CurrentPrincipal,
  Idempotent,
  OpenWithoutSecondFactor,
  ResourceNotFound,
  StepUp,
  type Principal,
} from '#platform/http';

import { ConfirmTotp } from '../../application/confirm-totp.js';
import { EnrolTotp } from '../../application/enrol-totp.js';
import { RemoveTotp } from '../../application/remove-totp.js';
import { RenewRecoveryCodes } from '../../application/renew-recovery-codes.js';
import { ConfirmTotpDto, ProposedTotpDto, RecoveryCodesDto } from './totp.dto.js';

/** Authenticator apps, and the codes on paper beside them. */
@ApiTags('Second factor')
@OpenWithoutSecondFactor()
@Controller('api/v1/users/me/mfa')
export class TotpController {
  constructor(
    private readonly enrolTotp: EnrolTotp,
    private readonly confirmTotp: ConfirmTotp,
    private readonly removeTotp: RemoveTotp,
    private readonly renewRecoveryCodes: RenewRecoveryCodes,
    private readonly clock: Clock,
  ) {}

  @Post('totp')
  @HttpCode(201)
  @StepUp()
  @Idempotent()
  @ApiOperation({
    operationId: 'enrolTotp',
    summary: 'Begin to set up an authenticator app',
    description:
      'Nothing changes until a code of the app comes back to `…/totp/confirm`, within 15 minutes. Called again, the ' +
      'secret from before is void.',
  })
  @ApiCreatedResponse({ type: ProposedTotpDto, description: 'What the app has to know. Not shown again.' })
  @ApiProblems('mfa_already_enabled', 'not_found')
  async enrol(@CurrentPrincipal() owner: Principal): Promise<ProposedTotpDto> {
    return new ProposedTotpDto(await this.enrolTotp.execute(owner));
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'confirmTotp',
    summary: 'Confirm the authenticator app',
    description:
      'From now on signing in takes a second factor. With the first factor all other sessions end; this one counts as ' +
      'signed in with both.',
  })
  @ApiOkResponse({ type: RecoveryCodesDto, description: 'The app counts. These are the codes for when it is lost.' })
  @ApiProblems(
    ['mfa_invalid', 422],
    'mfa_already_enabled',
    'mfa_enrolment_missing',
    'mfa_throttled',
    'mfa_unavailable',
    'overloaded',
    'not_found',
  )
  async confirm(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { code }: ConfirmTotpDto,
  ): Promise<RecoveryCodesDto> {
    return new RecoveryCodesDto(await this.confirmTotp.execute({ userId, sessionId, code }, this.clock.now()));
  }

  @Delete('totp')
  @HttpCode(204)
  @StepUp()
  @ApiOperation({
    operationId: 'removeTotp',
    summary: 'Give up the authenticator app',
    description: 'With the last factor the recovery codes go too, and signing in takes the password alone.',
  })
  @ApiNoContentResponse({ description: 'Its codes are refused from now on.' })
  @ApiProblems('not_found')
  async remove(@CurrentPrincipal() owner: Principal): Promise<void> {
    if (!(await this.removeTotp.execute(owner))) throw new ResourceNotFound();
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @StepUp()
  @ApiOperation({
    operationId: 'renewRecoveryCodes',
    summary: 'New recovery codes',
    description: 'The set from before is void, used or not.',
  })
  @ApiOkResponse({ type: RecoveryCodesDto, description: 'The new set, shown this once.' })
  @ApiProblems('mfa_not_enabled', 'overloaded', 'not_found')
  async renewCodes(@CurrentPrincipal() owner: Principal): Promise<RecoveryCodesDto> {
    return new RecoveryCodesDto(await this.renewRecoveryCodes.execute(owner, this.clock.now()));
  }
}
