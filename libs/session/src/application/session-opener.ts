import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { AuthenticationMethod } from '../domain/assurance.js';
import { CredentialVerifier, type SignedInUser } from './ports.js';
import { SessionFactory, type Client } from './session-factory.js';
import { SessionLimit } from './session-limit.js';
import { TokenIssuer, type IssuedTokens } from './tokens.js';

/** Where every way of signing in ends. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly factory: SessionFactory,
    private readonly credentials: CredentialVerifier,
    private readonly limit: SessionLimit,
    private readonly tokens: TokenIssuer,
    private readonly uow: UnitOfWork,
  ) {}

  /**
   * `null`, and no session, when the account changed since its password was checked, or `admits` says no: that is asked
   * once the account is held.
   */
  async open(
    user: SignedInUser,
    client: Client,
    amr: readonly AuthenticationMethod[],
    now: Date,
    admits: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<IssuedTokens | null> {
    const session = this.factory.begin(user, client, amr, now);
    const refreshToken = await this.uow.run(async () => {
      if (!(await this.credentials.hold(user.id, user.securityEpoch)) || !(await admits())) return null;
      await this.limit.admit(session, user, now);
      return this.tokens.firstRefreshToken(session, now);
    });
    return refreshToken === null ? null : this.tokens.issue(session.state, user, refreshToken, now);
  }
}
