import type { UnitOfWork } from '#kernel';

import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import type { RefreshTokens, SessionLiveness, SessionRepository } from '../src/application/ports.js';
import { InMemoryRefreshTokens, InMemorySessionLiveness, InMemorySessionRepository } from './in-memory-sessions.js';

/** The stores of this context together, as the contract suites exercise them. Opened, they hold nothing;
 * the account `USER_ID` of the builders exists wherever accounts are known. */
export interface SessionPorts {
  readonly uow: UnitOfWork;
  readonly sessions: SessionRepository;
  readonly liveness: SessionLiveness;
  readonly refreshTokens: RefreshTokens;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  close(): Promise<void>;
}

export type OpenSessionPorts = () => Promise<SessionPorts>;

export async function inMemorySessionPorts(): Promise<SessionPorts> {
  const uow = new InMemoryUnitOfWork();
  const sessions = new InMemorySessionRepository(uow);
  return {
    uow,
    sessions,
    liveness: new InMemorySessionLiveness(sessions),
    refreshTokens: new InMemoryRefreshTokens(uow),
    published: async () => uow.publishedTypes,
    close: async () => undefined,
  };
}
