import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';

import { SignInDevices } from '../application/session-admission.js';
import type { Client } from '../application/session-factory.js';

@Injectable()
export class IdentitySignInDevices extends SignInDevices {
  constructor(private readonly identity: IdentityApi) {
    super();
  }

  note(userId: string, client: Client, now: Date): Promise<{ token: string; isNews: boolean }> {
    const { deviceName: name, deviceToken: token, userAgent, ip: source } = client;
    return this.identity.noteDevice({ userId, token, name, userAgent, source }, now);
  }
}
