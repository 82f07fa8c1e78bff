import { Controller, Delete, Get, HttpCode } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, CurrentPrincipal, ResourceId, ResourceNotFound, type Principal } from '#platform/http';

import { DeviceTrust } from '../../application/trusted-devices.js';
import { TrustedDeviceListDto } from './trusted-devices.dto.js';

/** Devices on which the signed-in user is not asked for a second factor. */
@ApiTags('Second factor')
@Controller('api/v1/users/me/mfa/trusted-devices')
export class TrustedDevicesController {
  constructor(private readonly trust: DeviceTrust) {}

  @Get()
  @ApiOperation({
    operationId: 'listTrustedDevices',
    summary: 'Devices that are not asked for a second factor',
    description: 'Newest first, all of them; there are 20 at most.',
  })
  @ApiOkResponse({ type: TrustedDeviceListDto, description: 'My trusted devices.' })
  async list(@CurrentPrincipal() { userId }: Principal): Promise<TrustedDeviceListDto> {
    return new TrustedDeviceListDto(await this.trust.list(userId));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'forgetTrustedDevices',
    summary: 'Trust no device any more',
    description: 'Every sign-in with the password asks for a second factor again.',
  })
  @ApiNoContentResponse({ description: 'None is trusted.' })
  async forgetAll(@CurrentPrincipal() { userId }: Principal): Promise<void> {
    await this.trust.end(userId, 'owner');
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'forgetTrustedDevice',
    summary: 'Trust one of my devices no more',
    description: 'The next sign-in with the password on it asks for a second factor.',
  })
  @ApiNoContentResponse({ description: 'It is not trusted any more.' })
  @ApiProblems('not_found')
  async forget(@CurrentPrincipal() { userId }: Principal, @ResourceId('id') id: string): Promise<void> {
    if (!(await this.trust.end(userId, 'owner', id))) throw new ResourceNotFound();
  }
}
