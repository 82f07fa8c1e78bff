import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { AuthenticationMethod } from '../domain/assurance.js';
import type { SignedInUser } from './ports.js';
import { SessionAdmission } from './session-admission.js';
import { SessionFactory, type Client } from './session-factory.js';
import { TokenIssuer, type IssuedTokens } from './tokens.js';

/** What a sign-in answers with; `deviceToken` is what the device is known by from now on. */
export interface OpenedSession extends IssuedTokens {
  readonly deviceToken: string;
}

/** What else decides about a session, and what begins together with it; in the same unit of work. */
export interface Opening {
  /** Asked once the account is held; `false`: no session. */
  readonly admits?: () => Promise<boolean>;
  /** The session is stored. `deviceToken`: what the device is known by from now on. */
  readonly begun?: (deviceToken: string) => Promise<void>;
}

/** Where every way of signing in ends. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly factory: SessionFactory,
    private readonly admission: SessionAdmission,
    private readonly tokens: TokenIssuer,
    private readonly uow: UnitOfWork,
  ) {}

  /** `null`, and no session, when the account changed since its password was checked, or `admits` says no. */
  async open(
    user: SignedInUser,
    client: Client,
    amr: readonly AuthenticationMethod[],
    now: Date,
    { admits = () => Promise.resolve(true), begun }: Opening = {},
  ): Promise<OpenedSession | null> {
    const session = this.factory.begin(user, client, amr, now);
    const opened = await this.uow.run(async () => {
      const deviceToken = await this.admission.execute(session, user, client, now, admits);
      if (deviceToken === null) return null;
      await begun?.(deviceToken);
      return { deviceToken, refreshToken: await this.tokens.firstRefreshToken(session, now) };
    });
    if (opened === null) return null;
    return { ...this.tokens.issue(session.state, user, opened.refreshToken, now), deviceToken: opened.deviceToken };
  }
}
