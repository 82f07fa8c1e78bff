import { Injectable, type OnModuleInit } from '@nestjs/common';

import type { EmailChanged } from '#identity';
import { EventReactions } from '#platform/persistence';

import { StopReset } from '../application/agree-to-reset.js';
import { DropRecentFactors } from '../application/drop-recent-factors.js';
import type { MfaEvent } from '../domain/events.js';

/** Only the owner does these: whoever can needs no reset. */
const SIGNS_OF_THE_OWNER = [
  'mfa.challenge_succeeded',
  'mfa.totp_confirmed',
  'mfa.totp_removed',
  'mfa.passkey_added',
  'mfa.passkey_removed',
] as const satisfies readonly MfaEvent['type'][];

/** What second factors do about events, in the transaction in which those happen. */
@Injectable()
export class MfaPolicies implements OnModuleInit {
  constructor(
    private readonly reactions: EventReactions,
    private readonly recent: DropRecentFactors,
    private readonly resets: StopReset,
  ) {}

  onModuleInit(): void {
    this.reactions.on<EmailChanged>('identity.email_changed', async ({ userId, occurredAt, data }) => {
      if (userId === null || data.undoneSince === null) return;
      await this.recent.execute(userId, data.undoneSince, occurredAt);
      // Whoever had the account may have asked for one, and its owner is back.
      await this.resets.execute(userId, 'owner');
    });
    for (const type of SIGNS_OF_THE_OWNER) {
      this.reactions.on<MfaEvent>(type, async ({ userId }) => {
        if (userId !== null) await this.resets.execute(userId, 'owner');
      });
    }
  }
}
