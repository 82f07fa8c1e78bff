import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { Clock } from '#kernel';
import {
  ApiProblems,
  CurrentPrincipal,
  OpenWithoutSecondFactor,
  ResourceId,
  ResourceNotFound,
  StepUp,
  type Principal,
} from '#platform/http';

import { AddPasskey } from '../../application/add-passkey.js';
import { BeginPasskey } from '../../application/begin-passkey.js';
import { RemovePasskey } from '../../application/remove-passkey.js';
import { PasskeyOptionsDto } from './passkey-credential.dto.js';
import { AddedPasskeyDto, AddPasskeyDto } from './passkeys.dto.js';

/** The passkeys of the signed-in user. */
@ApiTags('Second factor')
@Controller('api/v1/users/me/mfa/passkeys')
@OpenWithoutSecondFactor()
export class PasskeysController {
  constructor(
    private readonly begin: BeginPasskey,
    private readonly addPasskey: AddPasskey,
    private readonly removePasskey: RemovePasskey,
    private readonly clock: Clock,
  ) {}

  @Post('options')
  @HttpCode(200)
  @StepUp()
  @ApiOperation({
    operationId: 'beginPasskeyRegistration',
    summary: 'Options for a new passkey',
    description: 'For `navigator.credentials.create()`. Good for one answer, in this session, within five minutes.',
  })
  @ApiOkResponse({ type: PasskeyOptionsDto, description: 'What the browser is asked with.' })
  @ApiProblems('not_found')
  async options(@CurrentPrincipal() { userId, sessionId }: Principal): Promise<PasskeyOptionsDto> {
    return new PasskeyOptionsDto(await this.begin.registration(userId, sessionId));
  }

  @Post()
  @ApiOperation({
    operationId: 'addPasskey',
    summary: 'Add a passkey',
    description:
      'It counts from now on, as a second factor and as the only step of a sign-in. With the first factor of all come ' +
      'recovery codes, and every other session ends.',
  })
  @ApiCreatedResponse({ type: AddedPasskeyDto, description: 'The passkey is added.' })
  @ApiProblems('passkey_not_registered', 'passkey_taken', 'too_many_passkeys', 'overloaded', 'not_found')
  async add(
    @CurrentPrincipal() { userId, sessionId }: Principal,
    @Body() { credential, name }: AddPasskeyDto,
  ): Promise<AddedPasskeyDto> {
    const registration = { userId, sessionId, credential, name: name ?? null };
    return new AddedPasskeyDto(await this.addPasskey.execute(registration, this.clock.now()));
  }

  @Delete(':id')
  @HttpCode(204)
  @StepUp()
  @ApiOperation({
    operationId: 'removePasskey',
    summary: 'Give up a passkey',
    description: 'With the last factor the recovery codes go too, and signing in takes the password alone.',
  })
  @ApiNoContentResponse({ description: 'It is refused from now on.' })
  @ApiProblems('not_found')
  async remove(@CurrentPrincipal() owner: Principal, @ResourceId('id') id: string): Promise<void> {
    if (!(await this.removePasskey.execute(owner, id))) throw new ResourceNotFound();
  }
}
