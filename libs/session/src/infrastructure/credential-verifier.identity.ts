import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';

import {
  CredentialVerifier,
  type CredentialVerdict,
  type SignedInUser,
  type SignInOrigin,
} from '../application/ports.js';

@Injectable()
export class IdentityCredentialVerifier extends CredentialVerifier {
  constructor(private readonly identity: IdentityApi) {
    super();
  }

  async verify(email: string, password: string, origin: SignInOrigin): Promise<CredentialVerdict> {
    const verdict = await this.identity.verifyPassword(email, password, origin);
    return verdict.outcome === 'accepted' ? { outcome: 'accepted', user: verdict.account } : verdict;
  }

  hold(userId: string, securityEpoch: number): Promise<boolean> {
    return this.identity.holdEpoch(userId, securityEpoch);
  }

  current(userId: string, securityEpoch: number, version?: number): Promise<SignedInUser | null> {
    return this.identity.activeAccount(userId, securityEpoch, version);
  }
}
