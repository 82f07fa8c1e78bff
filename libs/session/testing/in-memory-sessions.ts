import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  RefreshTokens,
  SessionLiveness,
  SessionRepository,
  type RefreshToken,
  type SessionStanding,
  type SignedInUser,
  type Successor,
} from '../src/application/ports.js';
import type { Refreshed } from '../src/domain/events.js';
import { hasRestedTooLong } from '../src/domain/idle-limit.js';
import type { PresentedToken } from '../src/domain/refresh-verdict.js';
import { Session, type SessionState } from '../src/domain/session.js';

/** The one account there is, as it is now; `null` when it is gone or disabled. */
export type AccountNow = () => SignedInUser | null;

export class InMemorySessionRepository extends SessionRepository {
  readonly sessions: InMemoryTable<Readonly<SessionState>>;

  /** @param ended is told of every session whose end is committed, and how */
  constructor(
    private readonly uow: InMemoryUnitOfWork,
    private readonly ended: (sessionId: string, how: 'ended' | 'ended_idle') => void = () => undefined,
  ) {
    super();
    this.sessions = new InMemoryTable(uow);
  }

  async add(session: Session): Promise<void> {
    if (!this.sessions.insert(session.state.id, { ...session.state })) throw new Error('The session exists already');
    this.uow.record(...session.pullEvents());
  }

  async findForUpdate(id: string): Promise<Session | null> {
    this.uow.assertActive();
    const state = this.sessions.get(id);
    return state === undefined ? null : Session.restore(state);
  }

  async countEvicted(userId: string, since: Date, most: number): Promise<number> {
    const evicted = this.sessions.all().filter(({ userId: owner, revokeReason, revokedAt }) => {
      return owner === userId && revokeReason === 'evicted' && revokedAt !== null && revokedAt > since;
    });
    return Math.min(evicted.length, most);
  }

  async findLiveForUpdate(userId: string, now: Date): Promise<Session[]> {
    this.uow.assertActive();
    const own = this.sessions.all().filter((state) => state.userId === userId);
    return own.map((state) => Session.restore(state)).filter((session) => session.isLive(now));
  }

  async save(session: Session): Promise<void> {
    const { id, revokedAt, revokeReason } = session.state;
    this.sessions.put(id, { ...session.state });
    this.uow.record(...session.pullEvents());
    if (revokedAt === null) return;
    this.uow.afterCommit(() => {
      this.ended(id, revokeReason === 'idle' ? 'ended_idle' : 'ended');
    });
  }
}

export class InMemorySessionLiveness extends SessionLiveness {
  /** Every session that this process was told the end of. */
  readonly told: string[] = [];
  readonly #lastUsed = new Map<string, Date>();

  constructor(
    private readonly repository: InMemorySessionRepository,
    private readonly account: AccountNow,
    private readonly idleTimeoutMinutes: number,
  ) {
    super();
  }

  standingOf(sessionId: string, now: Date): SessionStanding | Promise<SessionStanding> {
    const stored = this.repository.sessions.get(sessionId);
    const state = stored === undefined ? 'ended' : this.#stateOf(stored, now);
    if (state === 'live') this.#lastUsed.set(sessionId, now);
    const { roles = [], mfaEnabled = false } = this.account() ?? {};
    return {
      state,
      userId: stored?.userId ?? '',
      roles,
      accountVersion: 1,
      secondFactor: factorOf(stored, mfaEnabled),
    };
  }

  isKnownEnded(sessionId: string): boolean {
    return this.told.includes(sessionId);
  }

  ended(sessionId: string): void {
    this.told.push(sessionId);
  }

  changed(): void {
    return;
  }

  lastUsed(sessionId: string): Date | null {
    return this.#lastUsed.get(sessionId) ?? null;
  }

  #stateOf(stored: Readonly<SessionState>, now: Date): SessionStanding['state'] {
    if (stored.revokeReason === 'idle') return 'ended_idle';
    if (!Session.restore(stored).isLive(now) || this.account()?.securityEpoch !== stored.epoch) return 'ended';
    return hasRestedTooLong(stored, this.idleTimeoutMinutes, now, this.lastUsed(stored.id)) ? 'idle' : 'live';
  }
}

type StoredToken = RefreshToken & { readonly usedAt: Date | null; readonly nonce: string | null };

export class InMemoryRefreshTokens extends RefreshTokens {
  readonly #tokens: InMemoryTable<StoredToken>;

  constructor(
    private readonly uow: InMemoryUnitOfWork,
    private readonly repository: InMemorySessionRepository,
    private readonly account: AccountNow,
  ) {
    super();
    this.#tokens = new InMemoryTable(uow);
  }

  /** Tokens that could still be exchanged, were they not expired. */
  get unspent(): StoredToken[] {
    return this.#tokens.all().filter(({ usedAt }) => usedAt === null);
  }

  async add(token: RefreshToken): Promise<void> {
    const { sessionId, generation } = token;
    const taken = this.#of(sessionId, generation) !== undefined;
    if (taken || !this.#tokens.insert(token.token, { ...token, usedAt: null, nonce: null })) {
      throw new Error('The token or its generation exists already');
    }
  }

  async inspect(token: string): Promise<PresentedToken | null> {
    const found = this.#tokens.get(token);
    const session = found && this.repository.sessions.get(found.sessionId);
    if (found === undefined || session === undefined) return null;
    const { sessionId, generation, expiresAt, usedAt, nonce } = found;
    const { userId, epoch, amr, acr, authTime, rememberMe, lastSeenAt, revokeReason } = session;
    const successorUsed = (this.#of(sessionId, generation + 1)?.usedAt ?? null) !== null;
    return {
      ...{ sessionId, userId, generation, expiresAt, usedAt, nonce, successorUsed, backForMs: null },
      session: { epoch, amr, acr, authTime, rememberMe, lastSeenAt, expiresAt: session.expiresAt, revokeReason },
      account: { current: this.account()?.securityEpoch === epoch, version: 1 },
    };
  }

  rotate(token: string, _presented: PresentedToken, successor: Successor, event: Refreshed): Promise<boolean> {
    return this.uow.run(async () => {
      const now = event.occurredAt;
      const found = this.#tokens.get(token);
      const session = found && this.repository.sessions.get(found.sessionId);
      if (found === undefined || session === undefined || found.usedAt !== null) return false;
      if (!Session.restore(session).isLive(now) || this.account()?.securityEpoch !== session.epoch) return false;
      const { sessionId, generation, expiresAt } = found;
      this.#tokens.put(token, { ...found, usedAt: now, nonce: successor.nonce });
      await this.add({ token: successor.token, sessionId, generation: generation + 1, issuedAt: now, expiresAt });
      this.repository.sessions.put(sessionId, { ...session, lastSeenAt: now });
      this.uow.record(event);
      return true;
    });
  }

  #of(sessionId: string, generation: number): StoredToken | undefined {
    return this.#tokens.all().find((each) => each.sessionId === sessionId && each.generation === generation);
  }
}

function factorOf(stored: Readonly<SessionState> | undefined, mfaEnabled: boolean): SessionStanding['secondFactor'] {
  if (!mfaEnabled) return 'none';
  return stored?.acr === '1' ? 'owed' : 'proven';
}
