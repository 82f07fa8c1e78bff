import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  RefreshTokens,
  SessionLiveness,
  SessionRepository,
  type FoundRefreshToken,
  type RefreshToken,
} from '../src/application/ports.js';
import { Session, type SessionState } from '../src/domain/session.js';

export class InMemorySessionRepository extends SessionRepository {
  readonly sessions: InMemoryTable<Readonly<SessionState>>;

  constructor(private readonly uow: InMemoryUnitOfWork) {
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

  async save(session: Session): Promise<void> {
    const events = session.pullEvents();
    if (events.length === 0) return;
    this.sessions.put(session.state.id, { ...session.state });
    this.uow.record(...events);
  }
}

export class InMemorySessionLiveness extends SessionLiveness {
  constructor(private readonly repository: InMemorySessionRepository) {
    super();
  }

  async isLive(sessionId: string, now: Date): Promise<boolean> {
    const state = this.repository.sessions.get(sessionId);
    return state !== undefined && Session.restore(state).isLive(now);
  }
}

type StoredToken = RefreshToken & { readonly used: boolean };

export class InMemoryRefreshTokens extends RefreshTokens {
  readonly #tokens: InMemoryTable<StoredToken>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#tokens = new InMemoryTable(uow);
  }

  /** Tokens that could still be exchanged, were they not expired. */
  get unspent(): StoredToken[] {
    return this.#tokens.all().filter(({ used }) => !used);
  }

  async add(token: RefreshToken): Promise<void> {
    const { sessionId, generation } = token;
    const taken = this.#tokens.all().some((each) => each.sessionId === sessionId && each.generation === generation);
    if (taken || !this.#tokens.insert(token.token, { ...token, used: false })) {
      throw new Error('The token or its generation exists already');
    }
  }

  async claim(token: string, now: Date): Promise<{ sessionId: string; generation: number } | null> {
    const found = this.#tokens.get(token);
    if (found === undefined || found.used || found.expiresAt <= now) return null;
    this.#tokens.put(token, { ...found, used: true });
    return { sessionId: found.sessionId, generation: found.generation };
  }

  async find(token: string): Promise<FoundRefreshToken | null> {
    const found = this.#tokens.get(token);
    return found === undefined ? null : { sessionId: found.sessionId, generation: found.generation, used: found.used };
  }
}
