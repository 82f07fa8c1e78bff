import { Injectable, type OnModuleInit } from '@nestjs/common';

import type { EmailChanged, PasswordChanged, PasswordReset } from '#identity';
import type { MfaEvent, PasskeyAdded, ResetByAdmin, TotpConfirmed } from '#mfa';
import { EventReactions } from '#platform/persistence';

import { EndSessions } from '../application/end-sessions.js';
import { HoldSession } from '../application/hold-session.js';
import { SettleFactor } from '../application/settle-factor.js';
import { withSecondFactor } from '../domain/assurance.js';

/**
 * What somebody does with their own factors: it counts only if their session is live until the end. Not the end of trust
 * in a device, which only makes the next sign-in harder.
 */
const CHANGES_IN_A_SESSION = [
  'mfa.totp_enrolled',
  'mfa.totp_removed',
  'mfa.passkey_removed',
  'mfa.recovery_codes_regenerated',
] as const satisfies readonly MfaEvent['type'][];

/** What owners and administrators decide about a reset. */
const DECISIONS = [
  'mfa.reset_requested',
  'mfa.reset_approved',
  'mfa.reset_stopped',
] as const satisfies readonly MfaEvent['type'][];

/** What sessions do about the events of other contexts, in the transaction in which those happen. */
@Injectable()
export class SessionPolicies implements OnModuleInit {
  constructor(
    private readonly reactions: EventReactions,
    private readonly ends: EndSessions,
    private readonly factor: SettleFactor,
    private readonly held: HoldSession,
  ) {}

  onModuleInit(): void {
    this.reactions.on<PasswordChanged>('identity.password_changed', async ({ userId, data }) => {
      if (userId !== null) await this.ends.afterPasswordChange(userId, data.sessionId, data.securityEpoch);
    });
    this.reactions.on<PasswordReset>('identity.password_reset', async ({ userId }) => {
      if (userId !== null) await this.ends.allOf(userId, 'password_reset');
    });
    this.reactions.on<EmailChanged>('identity.email_changed', async ({ userId, data }) => {
      if (userId !== null && data.undoneSince !== null) await this.ends.allOf(userId, 'account_changed');
    });
    this.reactions.on<ResetByAdmin>('mfa.reset_by_admin', async ({ userId }) => {
      if (userId !== null) await this.ends.allOf(userId, 'mfa_reset');
    });
    for (const type of CHANGES_IN_A_SESSION) {
      this.reactions.on<Extract<MfaEvent, { type: typeof type }>>(type, async ({ userId, data: { sessionId } }) => {
        if (userId !== null && sessionId !== null) await this.held.execute(userId, sessionId);
      });
    }
    for (const type of DECISIONS) {
      this.reactions.on<Extract<MfaEvent, { type: typeof type }>>(type, async ({ userId, data: { session } }) => {
        if (session === null) return;
        if (session.userId === userId) await this.held.execute(userId, session.sessionId);
        else await this.held.beside(session.userId, session.sessionId);
      });
    }
    this.reactions.on<TotpConfirmed>('mfa.totp_confirmed', async ({ userId, data: { sessionId, securityEpoch } }) => {
      if (userId === null) return;
      await this.factor.execute({ userId, sessionId, securityEpoch, proven: withSecondFactor(['otp']) });
    });
    this.reactions.on<PasskeyAdded>('mfa.passkey_added', async ({ userId, data }) => {
      const { sessionId, securityEpoch, synced } = data;
      if (userId === null) return;
      const proven = withSecondFactor([synced ? 'swk' : 'hwk', 'user']);
      await this.factor.execute({ userId, sessionId, securityEpoch, proven });
    });
  }
}
