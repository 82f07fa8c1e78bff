import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { InSession } from '../domain/in-session.js';
import { FactorDuty } from './enable-factor.js';
import { Passkeys } from './passkey-ports.js';
import { MfaNotices } from './ports.js';

/** Gives up a passkey, for instance of a device that was lost. */
@Injectable()
export class RemovePasskey {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly duty: FactorDuty,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false` when the user has no such passkey. */
  execute({ userId, sessionId }: InSession, id: string): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      await this.duty.lock(userId);
      const passkey = await this.passkeys.findForUpdate(userId, id);
      if (passkey === null) return false;
      passkey.remove(sessionId, now);
      await this.passkeys.remove(passkey);
      await this.duty.removed(userId, now);
      await this.notices.send('mfa_passkey_removed', userId, noticeOf(passkey.state.name, now));
      return true;
    });
  }
}

/** What a mail about a passkey tells. */
export function noticeOf(name: string | null, now: Date): Readonly<Record<string, string>> {
  return { name: name ?? '', at: now.toISOString() };
}
