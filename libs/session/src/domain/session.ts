import { AggregateRoot } from '#kernel';

import type { Assurance, AuthenticationMethod } from './assurance.js';
import type { EndReason, RevokeReason, SessionEvent } from './events.js';

export interface SessionState {
  readonly id: string;
  readonly userId: string;
  /** The account's security epoch that this session counts under; it is dead once the account has a higher one. */
  epoch: number;
  readonly userAgent: string | null;
  amr: readonly AuthenticationMethod[];
  /** `1`: one factor, `2`: two (OIDC Core §2, `acr`). */
  acr: string;
  /** The user's last proof of who they are. */
  authTime: Date;
  readonly rememberMe: boolean;
  readonly createdAt: Date;
  lastSeenAt: Date;
  /** Absolute end; refreshing does not move it. */
  readonly expiresAt: Date;
  revokedAt: Date | null;
  revokeReason: EndReason | null;
}

/** Personal data about the device that a session is opened on. */
export interface SessionOrigin {
  readonly deviceName: string | null;
  readonly ip: string | null;
}

export interface NewSession
  extends Omit<SessionState, 'createdAt' | 'lastSeenAt' | 'authTime' | 'revokedAt' | 'revokeReason'>, SessionOrigin {}

/** One signed-in device of a user. */
export class Session extends AggregateRoot<SessionEvent> {
  #state: SessionState;

  private constructor(
    state: SessionState,
    /**
     * Only while it is being opened. Whoever goes on with a session or ends it needs none of it, and so does not
     * depend on its being readable.
     */
    readonly origin: SessionOrigin | null,
  ) {
    super();
    this.#state = state;
  }

  /** Begins now, by proof of `amr`. The id is always new: nothing a client sent can fix it. */
  static open({ deviceName, ip, ...fields }: NewSession, now: Date): Session {
    const times = { createdAt: now, lastSeenAt: now, authTime: now, revokedAt: null, revokeReason: null };
    const session = new Session({ ...fields, ...times }, { deviceName, ip });
    session.record({
      type: 'session.login_succeeded',
      userId: fields.userId,
      occurredAt: now,
      data: { sessionId: fields.id, amr: fields.amr },
    });
    return session;
  }

  static restore(state: SessionState): Session {
    return new Session({ ...state }, null);
  }

  get state(): Readonly<SessionState> {
    return this.#state;
  }

  isLive(now: Date): boolean {
    return this.#state.revokedAt === null && this.#state.expiresAt > now;
  }

  /** Its owner signs out. */
  signOut(now: Date): void {
    if (this.#end('logout', now)) this.#recordHere('session.logged_out', {}, now);
  }

  /** A spent token came back: whoever holds the live one may be a thief, so both lose the session. */
  endForReuse(generation: number, now: Date): void {
    this.#recordHere('session.refresh_reuse_detected', { generation }, now);
    this.revoke('refresh_reuse', now);
  }

  revoke(reason: RevokeReason, now: Date): void {
    if (this.#end(reason, now)) this.#recordHere('session.revoked', { reason }, now);
  }

  /** A newer session takes its place. */
  evict(now: Date): void {
    if (this.#end('evicted', now)) this.#recordHere('session.evicted', {}, now);
  }

  /** Nobody used it for longer than it may rest. */
  endIdle(now: Date): void {
    if (this.#end('idle', now)) this.#recordHere('session.idle_expired', {}, now);
  }

  /** Its owner proved again who they are. The tokens it has stay as they are; new ones tell of it. */
  reauthenticate({ amr, acr }: Assurance, now: Date): void {
    this.#state.authTime = now;
    this.#state.amr = amr;
    this.#state.acr = acr;
    this.#recordHere('session.reauthenticated', {}, now);
  }

  /** Its owner changed what voids all other sessions, from within this one. */
  carryOver(epoch: number): void {
    this.#state.epoch = epoch;
  }

  /** Its owner, who proved the password here, has now proven the second factor that all sessions need from now on. */
  raiseAssurance({ amr, acr }: Assurance): void {
    this.#state.amr = amr;
    this.#state.acr = acr;
  }

  #end(reason: EndReason, now: Date): boolean {
    if (this.#state.revokedAt !== null) return false;
    this.#state.revokedAt = now;
    this.#state.revokeReason = reason;
    return true;
  }

  #recordHere<T extends HereEvent['type']>(type: T, data: HereData<T>, now: Date): void {
    const { id: sessionId, userId } = this.#state;
    this.record({ type, userId, occurredAt: now, data: { sessionId, ...data } } as unknown as SessionEvent);
  }
}

type HereEvent = Exclude<
  SessionEvent,
  {
    type: 'session.login_failed' | 'session.refresh_rejected' | 'session.reauthentication_failed' | 'access.forbidden';
  }
>;
type HereData<T extends HereEvent['type']> = Omit<Extract<HereEvent, { type: T }>['data'], 'sessionId'>;
