import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { HttpSettings, Public } from '#platform/http';

import { AccessTokenKeys } from '../access-token-keys.js';
import { AccessTokenSettings } from '../access-token.settings.js';
import { KeySetDto, ServerMetadataDto } from './well-known.dto.js';

/** A rotation of keys waits for as long before a new one signs; docs/runbooks/signing-keys.md. */
const CACHED = ['cache-control', 'public, max-age=300'] as const;

/** What a service needs to check access tokens by itself. The same for as long as the process runs. */
@ApiTags('Other services')
@Controller('.well-known')
@Public()
export class WellKnownController {
  private readonly keySet: KeySetDto;
  private readonly metadata: ServerMetadataDto;

  constructor(keys: AccessTokenKeys, { issuer }: AccessTokenSettings, { publicBaseUrl }: HttpSettings) {
    this.keySet = { keys: keys.published };
    // `…_auth_methods_supported` are left out: X-API-Key has no name in their registry, and RFC 8414 §2 leaves what is
    // not named here to other means. The two lists are empty because their defaults say that OAuth's flows are there.
    this.metadata = {
      issuer,
      jwks_uri: `${publicBaseUrl}/.well-known/jwks.json`,
      introspection_endpoint: `${publicBaseUrl}/api/v1/oauth/introspect`,
      revocation_endpoint: `${publicBaseUrl}/api/v1/oauth/revoke`,
      response_types_supported: [],
      grant_types_supported: [],
    };
  }

  @Get('jwks.json')
  @Header(...CACHED)
  @ApiOperation({
    operationId: 'readKeySet',
    summary: 'The keys that access tokens are checked with',
    description:
      'RFC 7517, public halves only. A good signature says who somebody is until the token expires, and not that the ' +
      'session still lives: that is what introspection says.',
  })
  @ApiOkResponse({ type: KeySetDto, description: 'Every key under which a token may still be good, or soon will be.' })
  keys(): KeySetDto {
    return this.keySet;
  }

  @Get('oauth-authorization-server')
  @Header(...CACHED)
  @ApiOperation({
    operationId: 'readServerMetadata',
    summary: 'Where the OAuth endpoints are',
    description: 'RFC 8414. The endpoints want an API key in `X-API-Key`.',
  })
  @ApiOkResponse({ type: ServerMetadataDto, description: 'The metadata.' })
  describe(): ServerMetadataDto {
    return this.metadata;
  }
}
