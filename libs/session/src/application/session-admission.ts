import { Injectable } from '@nestjs/common';

import type { Session } from '../domain/session.js';
import { CredentialVerifier, SessionNotices, type SignedInUser } from './ports.js';
import type { Client } from './session-factory.js';
import { SessionLimit } from './session-limit.js';

/** Asks the context that knows the devices of people. */
export abstract class SignInDevices {
  /** Inside of a unit of work that holds the account. `isNews`: its owner is to be told of it. */
  abstract note(userId: string, client: Client, now: Date): Promise<{ token: string; isNews: boolean }>;
}

/** Lets a session begin, if the account is still as it was when its password was checked. Inside of a unit of work. */
@Injectable()
export class SessionAdmission {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly limit: SessionLimit,
    private readonly devices: SignInDevices,
    private readonly notices: SessionNotices,
  ) {}

  /**
   * What the device is known by from now on; `null`, and no session, when the account changed, or `admits` says no: that
   * is asked once the account is held.
   */
  async execute(
    session: Session,
    user: SignedInUser,
    client: Client,
    now: Date,
    admits: () => Promise<boolean>,
  ): Promise<string | null> {
    if (!(await this.credentials.hold(user.id, user.securityEpoch)) || !(await admits())) return null;
    await this.limit.admit(session, user, now);
    const { token, isNews } = await this.devices.note(user.id, client, now);
    if (isNews) await this.notices.newDevice(user, session);
    return token;
  }
}
