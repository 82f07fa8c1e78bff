import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { PasskeyOptionsDto } from '#mfa';
import { RequestContext } from '#platform/context';
import {
  ApiProblems,
  CurrentPrincipal,
  OpenWithoutSecondFactor,
  RefusalTimeFloor,
  type Principal,
} from '#platform/http';

import { AskForPasskey } from '../../application/ask-for-passkey.js';
import { Reauthenticate } from '../../application/reauthenticate.js';
import { ReauthenticateDto, RenewedAccessDto } from './reauthentication.dto.js';

@ApiTags('Sessions')
@Controller('api/v1/auth/reauthenticate')
export class ReauthenticationController {
  constructor(
    private readonly reauthenticate: Reauthenticate,
    private readonly context: RequestContext,
    private readonly askForPasskey: AskForPasskey,
  ) {}

  @Post('passkey-options')
  @HttpCode(200)
  @OpenWithoutSecondFactor()
  @ApiOperation({
    operationId: 'beginPasskeyReauthentication',
    summary: 'Options for proving again who I am with a passkey',
    description: 'For `navigator.credentials.get()`. Good for one answer, as `credential`, within five minutes.',
  })
  @ApiOkResponse({ type: PasskeyOptionsDto, description: 'What the browser is asked with.' })
  async passkeyOptions(@CurrentPrincipal() principal: Principal): Promise<PasskeyOptionsDto> {
    return new PasskeyOptionsDto(await this.askForPasskey.inSession(principal));
  }

  @Post()
  @HttpCode(200)
  @OpenWithoutSecondFactor()
  @RefusalTimeFloor()
  @ApiOperation({
    operationId: 'reauthenticate',
    summary: 'Prove again who I am',
    description:
      'For calls that answer `reauthentication_required`: the new access token is good for them for five minutes. ' +
      'Whoever has a second factor has to send a `code` as well: of the app, or a recovery code. A passkey, sent as ' +
      '`credential`, takes the place of both. ' +
      'The session and its refresh token stay as they are.',
  })
  @ApiOkResponse({ type: RenewedAccessDto, description: 'A new access token of the same session.' })
  @ApiProblems(
    'invalid_credentials',
    ['mfa_invalid', 401],
    'login_throttled',
    'mfa_throttled',
    'mfa_unavailable',
    'overloaded',
  )
  async renew(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { password, code, credential }: ReauthenticateDto,
  ): Promise<RenewedAccessDto> {
    const source = this.context.info?.ip ?? null;
    const request = { userId, sessionId, source, password, code, credential };
    return new RenewedAccessDto(await this.reauthenticate.execute(request));
  }
}
