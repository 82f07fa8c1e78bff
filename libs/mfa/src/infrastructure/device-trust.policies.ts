import { Injectable, type OnModuleInit } from '@nestjs/common';

import { EventReactions } from '#platform/persistence';

import { DeviceTrust } from '../application/trusted-devices.js';
import type { MfaEvent } from '../domain/events.js';

const FACTOR_CHANGES = [
  'mfa.totp_confirmed',
  'mfa.totp_removed',
  'mfa.passkey_added',
  'mfa.passkey_removed',
  'mfa.recovery_code_used',
  'mfa.reset_by_admin',
] as const satisfies readonly MfaEvent['type'][];

/** Whoever changes the factors may have lost a device: none is trusted after it, in the same transaction. */
@Injectable()
export class DeviceTrustPolicies implements OnModuleInit {
  constructor(
    private readonly reactions: EventReactions,
    private readonly trust: DeviceTrust,
  ) {}

  onModuleInit(): void {
    for (const type of FACTOR_CHANGES) {
      this.reactions.on<Extract<MfaEvent, { type: typeof type }>>(type, async ({ userId }) => {
        if (userId !== null) await this.trust.end(userId, 'factors_changed');
      });
    }
  }
}
