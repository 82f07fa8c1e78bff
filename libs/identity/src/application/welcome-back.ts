import { Injectable } from '@nestjs/common';

import type { User } from '../domain/user.js';
import { KnownDevices } from './known-devices.js';
import { SignInAttempts } from './sign-in-attempts.js';

/** Where somebody has just proven that an address is theirs. */
export interface ReturnOrigin {
  readonly source: string | null;
  readonly userAgent: string | null;
}

/**
 * Sees to it that whoever has set a new password can sign in with it, although somebody else goes on guessing at their
 * address, or at others from where they are. Signs nobody in.
 */
@Injectable()
export class WelcomeBack {
  constructor(
    private readonly devices: KnownDevices,
    private readonly attempts: SignInAttempts,
  ) {}

  /** Inside of a unit of work that holds the account. What makes the device a known one. */
  async execute({ id, state }: User, origin: ReturnOrigin, now: Date): Promise<string> {
    // Whoever had the old password may have made a device known with it.
    await this.devices.forgetAll(id);
    await this.attempts.admitOwner(state.email, origin.source, now);
    const sighting = { userId: id, token: null, name: null, isExpected: true, ...origin };
    return (await this.devices.note(sighting, now)).token;
  }
}
