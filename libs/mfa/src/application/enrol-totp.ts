import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import { MfaAlreadyEnabled } from '../domain/errors.js';
import type { TotpEnrolled } from '../domain/events.js';
import { base32, otpauthUrl, TOTP_SECRET_BITS } from '../domain/totp.js';
import type { InSession } from '../domain/in-session.js';
import { Holders, MfaSettings, TotpFactors } from './ports.js';

/** What an authenticator app is told, once. */
export interface ProposedTotp {
  /** Base32 (RFC 4648 §6). */
  readonly secret: string;
  readonly otpauthUrl: string;
}

/** Fresh secrets, with a name and a time. */
@Injectable()
export class Proposals {
  constructor(
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  make(): { readonly id: string; readonly secret: Uint8Array; readonly now: Date } {
    const secret = Buffer.from(this.ids.secret(TOTP_SECRET_BITS), 'base64url');
    return { id: this.ids.uuid(), secret, now: this.clock.now() };
  }
}

/** Hands out the secret for an authenticator app. It counts for nothing until a code of it comes back. */
@Injectable()
export class EnrolTotp {
  constructor(
    private readonly factors: TotpFactors,
    private readonly holders: Holders,
    private readonly settings: MfaSettings,
    private readonly uow: UnitOfWork,
    private readonly proposals: Proposals,
  ) {}

  /** Takes the place of what waited before. Throws `MfaAlreadyEnabled`, `HolderGone`. */
  async execute({ userId, sessionId }: InSession): Promise<ProposedTotp> {
    const email = await this.holders.emailOf(userId);
    const { id, secret, now } = this.proposals.make();
    const event: TotpEnrolled = { type: 'mfa.totp_enrolled', userId, occurredAt: now, data: { sessionId } };
    await this.uow.run(async () => {
      await this.holders.lock(userId);
      if (!(await this.factors.propose(userId, id, secret, now))) throw new MfaAlreadyEnabled();
      this.uow.record(event);
    });
    const text = base32(secret);
    return { secret: text, otpauthUrl: otpauthUrl(this.settings.issuer, email, text) };
  }
}
