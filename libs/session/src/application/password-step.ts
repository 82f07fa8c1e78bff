import { Injectable } from '@nestjs/common';

import { SessionSettings, type SignedInUser } from './ports.js';
import { SecondFactors, type SecondFactorDue } from './second-factor.js';
import type { Client } from './session-factory.js';
import { SessionOpener, type OpenedSession } from './session-opener.js';

/** What a sign-in comes to: a session, or the question for a second factor. */
export type SignInOutcome = OpenedSession | SecondFactorDue;

/** What follows on the right password. */
@Injectable()
export class PasswordStep {
  constructor(
    private readonly opener: SessionOpener,
    private readonly secondFactors: SecondFactors,
    private readonly settings: SessionSettings,
  ) {}

  /** `null`, and nothing was opened, when the account changed since its password was checked. */
  async after(user: SignedInUser, client: Client, now: Date): Promise<SignInOutcome | null> {
    // Nobody gets in by the password alone who had a factor when it was checked; if that is gone, let them begin anew.
    if (user.mfaEnabled) {
      const opened = await this.onTrustedDevice(user, client, now);
      return opened ?? this.secondFactors.demand(user, client, client.userAgent);
    }
    // The first factor raises the epoch, so that this opens nothing once there is one.
    return this.opener.open(user, client, ['pwd'], now);
  }

  /**
   * The password alone is all that was proven, and all that the session says. Never for a role that counts only with a
   * second factor.
   */
  private async onTrustedDevice(user: SignedInUser, client: Client, now: Date): Promise<OpenedSession | null> {
    const { deviceToken } = client;
    if (deviceToken === null || this.settings.mfaRequiredRoles.some((role) => user.roles.includes(role))) return null;
    const { id: userId, securityEpoch } = user;
    const device = { userId, securityEpoch, deviceToken };
    return this.opener.open(user, client, ['pwd'], now, { admits: () => this.secondFactors.isTrusted(device) });
  }
}
