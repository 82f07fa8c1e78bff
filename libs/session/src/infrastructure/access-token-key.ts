import { createHash, createSecretKey, type KeyObject } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { AccessTokenSettings } from './access-token.settings.js';

/** The signing key under its id. The id tells the key apart from others and says nothing about its value. */
@Injectable()
export class AccessTokenKey {
  readonly kid: string;
  readonly key: KeyObject;

  constructor({ secret }: AccessTokenSettings) {
    this.key = createSecretKey(secret, 'utf8');
    const fingerprint = createHash('sha256').update('user-service/kid/').update(secret).digest('base64url');
    this.kid = `hs512-${fingerprint.slice(0, 8)}`;
  }
}
