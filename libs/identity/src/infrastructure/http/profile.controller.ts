import { Body, Controller, Get, Headers, Patch, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { CurrentPrincipal, etagOf, ifMatch, ifNoneMatch, type Principal } from '#platform/http';

import { ReadProfile } from '../../application/read-profile.js';
import { UpdateProfile } from '../../application/update-profile.js';
import { UpdateProfileDto, UserProfileDto } from './profile.dto.js';

@ApiTags('The signed-in user')
@ApiBearerAuth()
@Controller('api/v1/users/me')
export class ProfileController {
  constructor(
    private readonly readProfile: ReadProfile,
    private readonly updateProfile: UpdateProfile,
  ) {}

  @Get()
  async read(
    @CurrentPrincipal() { userId }: Principal,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserProfileDto | undefined> {
    const profile = await this.readProfile.execute(userId);
    const etag = etagOf(profile.version);
    reply.header('etag', etag);
    if (!ifNoneMatch(known, etag)) return new UserProfileDto(profile);
    reply.status(304);
    return undefined;
  }

  @Patch()
  async update(
    @CurrentPrincipal() { userId }: Principal,
    @Headers('if-match') expected: string | undefined,
    @Body() dto: UpdateProfileDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserProfileDto> {
    const profile = await this.updateProfile.execute(userId, changesOf(dto), (version) =>
      ifMatch(expected, etagOf(version)),
    );
    reply.header('etag', etagOf(profile.version));
    return new UserProfileDto(profile);
  }
}

// Members that were not sent are `undefined` in the DTO; they stay as they are.
function changesOf({ displayName, locale, phone }: UpdateProfileDto): Parameters<UpdateProfile['execute']>[1] {
  return {
    ...(displayName !== undefined && { displayName }),
    ...(locale !== undefined && { locale }),
    ...(phone !== undefined && { phone }),
  };
}
