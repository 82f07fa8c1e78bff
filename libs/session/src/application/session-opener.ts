import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { AuthenticationMethod } from '../domain/session.js';
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

  /** `null`, and no session, when the account changed since its password was checked. */
  async open(
    user: SignedInUser,
    client: Client,
    amr: readonly AuthenticationMethod[],
    now: Date,
  ): Promise<IssuedTokens | null> {
    const session = this.factory.begin(user, client, amr, now);
    const refreshToken = await this.uow.run(async () => {
      if (!(await this.credentials.hold(user.id, user.securityEpoch))) return null;
      await this.limit.admit(session, user, now);
      return this.tokens.firstRefreshToken(session, now);
    });
    return refreshToken === null ? null : this.tokens.issue(session.state, user, refreshToken, now);
  }
}
