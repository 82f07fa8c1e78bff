import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import { HolderGone, MfaNotEnabled } from '../domain/errors.js';
import type { InSession } from '../domain/in-session.js';
import { FactorReset, type FactorResetState } from '../domain/factor-reset.js';
import { FactorResets, FactorResetSettings, StopTokens } from './factor-resets.js';
import { Holders, MfaNotices } from './ports.js';

/** Tells the owner of a reset, with the way to stop it. Inside of a unit of work. */
@Injectable()
export class ResetNotices {
  constructor(
    private readonly notices: MfaNotices,
    private readonly tokens: StopTokens,
  ) {}

  async requested({ id, userId, requestedAt }: FactorResetState): Promise<void> {
    const token = this.tokens.of({ id, userId });
    await this.notices.send('mfa_reset_requested', userId, { at: requestedAt.toISOString(), token });
  }

  async approved({ id, userId, dueAt }: FactorResetState): Promise<void> {
    if (dueAt === null) return;
    const token = this.tokens.of({ id, userId });
    await this.notices.send('mfa_reset_approved', userId, { at: dueAt.toISOString(), token });
  }

  async done(userId: string, now: Date): Promise<void> {
    await this.notices.send('mfa_reset_done', userId, { at: now.toISOString() });
  }

  async stopped(userId: string, now: Date): Promise<void> {
    await this.notices.send('mfa_reset_stopped', userId, { at: now.toISOString() });
  }
}

/** Makes resets and approves them. */
@Injectable()
export class ResetDecisions {
  constructor(
    private readonly settings: FactorResetSettings,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  request(userId: string, admin: InSession): FactorReset {
    return FactorReset.request(this.ids.uuid(), userId, admin, this.clock.now());
  }

  approve(reset: FactorReset, admin: InSession): void {
    reset.approve(admin, this.settings.resetDelayHours, this.clock.now());
  }

  /** Whoever asked is no administrator any more. */
  drop(reset: FactorReset): true {
    reset.lapse(this.clock.now());
    return true;
  }

  /** Nobody agreed to it in time. */
  hasLapsed(reset: FactorReset): boolean {
    if (!reset.hasLapsed(this.clock.now())) return false;
    reset.lapse(this.clock.now());
    return true;
  }
}

/** One administrator asks for the reset of somebody's factors, another one agrees. */
@Injectable()
export class AgreeToReset {
  constructor(
    private readonly resets: FactorResets,
    private readonly holders: Holders,
    private readonly decisions: ResetDecisions,
    private readonly notices: ResetNotices,
    private readonly uow: UnitOfWork,
  ) {}

  /** Throws `HolderGone`, `MfaNotEnabled`, `OwnFactorsReset`, `SecondAdminRequired`. */
  async execute(userId: string, admin: InSession): Promise<FactorResetState> {
    return this.uow.run(async () => {
      if (!(await this.holders.lock(userId))) throw new MfaNotEnabled();
      const open = await this.openOne(userId);
      if (open === null) return this.request(userId, admin);
      // Agreed to already: asking once more changes nothing.
      if (open.state.approvedAt === null) {
        this.decisions.approve(open, admin);
        await this.resets.save(open);
        await this.notices.approved(open.state);
      }
      return open.state;
    });
  }

  private async request(userId: string, admin: InSession): Promise<FactorResetState> {
    const reset = this.decisions.request(userId, admin);
    await this.resets.add(reset);
    await this.notices.requested(reset.state);
    return reset.state;
  }

  private async openOne(userId: string): Promise<FactorReset | null> {
    const open = await this.resets.findOpenForUpdate(userId);
    if (open === null) return null;
    // Whoever asked has to be one who may ask when another agrees.
    const isWanted = open.state.approvedAt !== null || (await this.holders.isAdmin(open.state.requestedBy));
    const isOver = isWanted ? this.decisions.hasLapsed(open) : this.decisions.drop(open);
    if (!isOver) return open;
    await this.resets.save(open);
    return null;
  }
}

interface StopOrder {
  readonly id?: string;
  readonly session?: InSession;
}

/** Ends a reset before it happens. */
@Injectable()
export class StopReset {
  constructor(
    private readonly resets: FactorResets,
    private readonly holders: Holders,
    private readonly notices: ResetNotices,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false` when there is nothing to stop, or not the one that was named. `session`: where somebody says so. */
  async execute(userId: string, by: 'owner' | 'admin', { id, session }: StopOrder = {}): Promise<boolean> {
    try {
      return await this.uow.run(async () => {
        await this.holders.lock(userId);
        const open = await this.resets.findOpenForUpdate(userId);
        if (open === null || (id !== undefined && open.state.id !== id)) return false;
        const now = this.clock.now();
        open.stop(by, now, session);
        await this.resets.save(open);
        await this.notices.stopped(userId, now);
        return true;
      });
    } catch (error) {
      if (error instanceof HolderGone) return false;
      throw error;
    }
  }
}
