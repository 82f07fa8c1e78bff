import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';

import { Public } from '#platform/http';

import { WebAuthnSettings } from '../web-authn.settings.js';

export class RelatedOriginsDto {
  @ApiProperty({ type: [String], example: ['https://id.example.com', 'https://www.example.org'] })
  readonly origins: readonly string[];

  constructor(origins: readonly string[]) {
    this.origins = origins;
  }
}

/** Where browsers look whether a page of another domain may ask for passkeys of this one (WebAuthn L3 §5.11). */
@ApiTags('Second factor')
@Public()
@Controller('.well-known/webauthn')
export class RelatedOriginsController {
  readonly #origins: RelatedOriginsDto;

  constructor({ origins }: WebAuthnSettings) {
    // Apps are known to their platform by other means.
    this.#origins = new RelatedOriginsDto(origins.filter((origin) => origin.startsWith('http')));
  }

  @Get()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({
    operationId: 'readRelatedOrigins',
    summary: 'Pages that may ask for passkeys',
    description: 'For browsers, which look at it on the domain that the passkeys are made for (`WEBAUTHN_RP_ID`).',
  })
  @ApiOkResponse({ type: RelatedOriginsDto, description: 'Every origin of a page, by configuration.' })
  read(): RelatedOriginsDto {
    return this.#origins;
  }
}
