import { AggregateRoot } from '#kernel';

import { OwnFactorsReset, SecondAdminRequired } from './errors.js';
import type { MfaEvent } from './events.js';
import type { InSession } from './in-session.js';

const HOUR_MS = 3_600_000;
/** For how long a request waits for a second administrator. */
const WAITS_FOR_HOURS = 72;

export interface FactorResetState {
  readonly id: string;
  readonly userId: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  approvedBy: string | null;
  approvedAt: Date | null;
  /** Not before this time. */
  dueAt: Date | null;
  endedAt: Date | null;
  outcome: 'done' | 'stopped' | 'lapsed' | null;
}

/** The removal of all of somebody's second factors, which takes two administrators and some time. */
export class FactorReset extends AggregateRoot<MfaEvent> {
  #state: FactorResetState;

  private constructor(state: FactorResetState) {
    super();
    this.#state = state;
  }

  /** Throws `OwnFactorsReset`. */
  static request(id: string, userId: string, session: InSession, now: Date): FactorReset {
    const { userId: requestedBy } = session;
    if (userId === requestedBy) throw new OwnFactorsReset();
    const open = { approvedBy: null, approvedAt: null, dueAt: null, endedAt: null, outcome: null };
    const reset = new FactorReset({ id, userId, requestedBy, requestedAt: now, ...open });
    reset.record({ type: 'mfa.reset_requested', userId, occurredAt: now, data: { resetId: id, session } });
    return reset;
  }

  static restore(state: FactorResetState): FactorReset {
    return new FactorReset({ ...state });
  }

  get state(): Readonly<FactorResetState> {
    return this.#state;
  }

  /** Nobody else agreed in time. */
  hasLapsed(now: Date): boolean {
    const { approvedAt, requestedAt } = this.#state;
    return approvedAt === null && now.getTime() - requestedAt.getTime() > WAITS_FOR_HOURS * HOUR_MS;
  }

  lapse(now: Date): void {
    this.#end('lapsed', now);
    this.#tellEnd('system', now);
  }

  /** Another administrator agrees. Throws `SecondAdminRequired`, `OwnFactorsReset`. */
  approve(session: InSession, delayHours: number, now: Date): void {
    const { userId: by } = session;
    const { id: resetId, userId, requestedBy } = this.#state;
    if (by === userId) throw new OwnFactorsReset();
    if (by === requestedBy) throw new SecondAdminRequired();
    const dueAt = new Date(now.getTime() + delayHours * HOUR_MS);
    Object.assign(this.#state, { approvedBy: by, approvedAt: now, dueAt });
    this.record({
      type: 'mfa.reset_approved',
      userId,
      occurredAt: now,
      data: { resetId, dueAt: dueAt.toISOString(), session },
    });
  }

  /** The owner still has a factor, or an administrator thinks better of it. `session`: where, if somebody says so in one. */
  stop(by: 'owner' | 'admin' | 'system', now: Date, session: InSession | null = null): void {
    this.#end('stopped', now);
    this.#tellEnd(by, now, session);
  }

  isDue(now: Date): boolean {
    const { dueAt, endedAt } = this.#state;
    return endedAt === null && dueAt !== null && dueAt <= now;
  }

  /** All factors are gone. */
  finish(now: Date): void {
    const { id: resetId, userId, requestedBy, approvedBy } = this.#state;
    this.#end('done', now);
    const data = { resetId, requestedBy, approvedBy: approvedBy ?? '' };
    this.record({ type: 'mfa.reset_by_admin', userId, occurredAt: now, data });
  }

  #tellEnd(by: 'owner' | 'admin' | 'system', now: Date, session: InSession | null = null): void {
    const { id: resetId, userId } = this.#state;
    this.record({ type: 'mfa.reset_stopped', userId, occurredAt: now, data: { resetId, by, session } });
  }

  #end(outcome: NonNullable<FactorResetState['outcome']>, now: Date): void {
    this.#state.endedAt = now;
    this.#state.outcome = outcome;
  }
}
