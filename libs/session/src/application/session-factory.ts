import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import { assuranceOf, type AuthenticationMethod } from '../domain/assurance.js';
import { Session } from '../domain/session.js';
import { SessionSettings, type SignedInUser } from './ports.js';

const DAY_MS = 86_400_000;

/** The device at the other end, as it describes itself. */
export interface Client {
  readonly deviceName: string | null;
  readonly rememberMe: boolean;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** What it was given when somebody signed in on it earlier, as it says. */
  readonly deviceToken: string | null;
}

/** Begins sessions with a fresh id and an absolute end. */
@Injectable()
export class SessionFactory {
  constructor(
    private readonly settings: SessionSettings,
    private readonly ids: Ids,
  ) {}

  begin(user: SignedInUser, client: Client, proven: readonly AuthenticationMethod[], now: Date): Session {
    const { deviceName, rememberMe, ip, userAgent } = client;
    const expiresAt = new Date(now.getTime() + this.settings.refreshTokenDays * DAY_MS);
    const fields = { userId: user.id, epoch: user.securityEpoch, deviceName, rememberMe, ip, userAgent };
    return Session.open({ ...fields, id: this.ids.uuid(), ...assuranceOf(proven), expiresAt }, now);
  }
}
