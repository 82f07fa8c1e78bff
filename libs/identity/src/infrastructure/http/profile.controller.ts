import { Body, Controller, Get, Headers, Patch, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiProblems, CurrentPrincipal, ifMatch, ifNoneMatch, Lean, principalOf, type Principal } from '#platform/http';

import type { UserProfile } from '../../application/ports.js';
import { ReadProfile } from '../../application/read-profile.js';
import { UpdateProfile } from '../../application/update-profile.js';
import { profileEtag, rendered, UpdateProfileDto, UserProfileDto } from './profile.dto.js';

@ApiTags('The signed-in user')
@Controller('api/v1/users/me')
export class ProfileController {
  constructor(
    private readonly readProfile: ReadProfile,
    private readonly updateProfile: UpdateProfile,
  ) {}

  @Get()
  @Lean()
  @ApiOperation({
    operationId: 'readOwnProfile',
    summary: 'Who am I',
    description: 'Send the `ETag` of the last answer as `If-None-Match` to be told only of changes.',
  })
  @ApiHeader({ name: 'If-None-Match' })
  @ApiOkResponse({ type: UserProfileDto, description: 'The profile of the caller.' })
  @ApiResponse({ status: 304, description: 'Not changed since the answer with this `ETag`.' })
  @ApiProblems('not_found')
  read(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string | undefined | Promise<string | undefined> {
    const { userId, accountVersion } = principalOf(request);
    const known = request.raw.headers['if-none-match'];
    const profile = this.readProfile.execute(userId, accountVersion);
    return profile instanceof Promise
      ? profile.then((read) => answer(reply, read, known))
      : answer(reply, profile, known);
  }

  @Patch()
  @ApiOperation({
    operationId: 'updateOwnProfile',
    summary: 'Change my profile',
    description:
      'Members that are not sent stay as they are; `null` clears a name or a phone number. With `If-Match` the change ' +
      'is made only if nobody changed the profile since it was read.',
  })
  @ApiHeader({ name: 'If-Match' })
  @ApiOkResponse({ type: UserProfileDto, description: 'The profile after the change.' })
  @ApiProblems('not_found', 'precondition_failed')
  async update(
    @CurrentPrincipal() { userId }: Principal,
    @Headers('if-match') expected: string | undefined,
    @Body() dto: UpdateProfileDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserProfileDto> {
    const profile = await this.updateProfile.execute(userId, changesOf(dto), (version) =>
      ifMatch(expected, profileEtag(userId, version)),
    );
    reply.header('etag', profileEtag(userId, profile.version));
    return new UserProfileDto(profile);
  }
}

function answer(reply: FastifyReply, profile: UserProfile, known: string | undefined): string | undefined {
  const { etag, json } = rendered(profile);
  reply.header('etag', etag);
  if (known === undefined || !ifNoneMatch(known, etag)) {
    reply.header('content-type', 'application/json; charset=utf-8');
    return json;
  }
  reply.status(304);
  return undefined;
}

// Members that were not sent are `undefined` in the DTO; they stay as they are.
function changesOf({ displayName, locale, phone }: UpdateProfileDto): Parameters<UpdateProfile['execute']>[1] {
  return {
    ...(displayName !== undefined && { displayName }),
    ...(locale !== undefined && { locale }),
    ...(phone !== undefined && { phone }),
  };
}
